import { writeFile } from 'node:fs/promises'

const bytesPerArrival = 16

/** When a consumer was told of each event. The file is that of the informer program: pairs of little-endian integers. */
export class Arrivals {
  readonly #wanted: number
  readonly #bytes: Buffer
  readonly #done = Promise.withResolvers<void>()
  #count = 0
  #firstCpuMs = 0
  #lastCpuMs = 0

  constructor(wanted: number) {
    this.#wanted = wanted
    this.#bytes = Buffer.alloc(wanted * bytesPerArrival)
  }

  /** `resourceVersion` is '0' where it is not known: the event that follows the one before. */
  note(resourceVersion: string): void {
    if (this.#count === this.#wanted) return
    if (this.#count === 0) this.#firstCpuMs = cpuMs()
    const offset = this.#count * bytesPerArrival
    this.#bytes.writeBigInt64LE(BigInt(resourceVersion), offset)
    this.#bytes.writeBigInt64LE(nowNs(), offset + 8)
    this.#count += 1
    if (this.#count < this.#wanted) return
    this.#lastCpuMs = cpuMs()
    this.#done.resolve()
  }

  /** The processor time between the first and the last event. A program that is asked to end reports what it has. */
  async finish(timesFile: string | undefined, end: AbortSignal): Promise<{ events: number; cpuMs: number }> {
    end.addEventListener('abort', () => this.#done.resolve(), { once: true })
    await this.#done.promise
    if (this.#count < this.#wanted) this.#lastCpuMs = cpuMs()
    if (timesFile !== undefined) await writeFile(timesFile, this.#bytes.subarray(0, this.#count * bytesPerArrival))
    return { events: this.#count, cpuMs: this.#lastCpuMs - this.#firstCpuMs }
  }
}

/** Real time with the resolution of the monotonic clock; both programs read the same machine's clock. */
const nowNs = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))

/** User and system time of this process. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
