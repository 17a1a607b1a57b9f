import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'

const bytesPerTime = 8

/** Real time with the resolution of the monotonic clock; every program reads the same machine's clock. */
export const nowNs = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))

/** When each alert was handed over, by its index. */
export class PutTimes {
  readonly #bytes: Buffer

  constructor(alerts: number) {
    this.#bytes = Buffer.alloc(alerts * bytesPerTime)
  }

  note(index: number): void {
    this.#bytes.writeBigInt64LE(nowNs(), index * bytesPerTime)
  }

  async save(file: string): Promise<void> {
    await writeFile(file, this.#bytes)
  }
}

/** Nanoseconds since the epoch, by the alert's index. */
export function readPutTimes(file: string): bigint[] {
  const bytes = readFileSync(file)
  const count = bytes.length / bytesPerTime
  return Array.from({ length: count }, (_, index) => bytes.readBigInt64LE(index * bytesPerTime))
}
