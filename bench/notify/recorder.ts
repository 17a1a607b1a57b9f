import { setTimeout as sleep } from 'node:timers/promises'
import { PhasedProgram } from '../measure.ts'

const program = new URL('../consumers/recorder.ts', import.meta.url).pathname
const pollMs = 50

export interface RecordedMessage {
  readonly path: string
  /** When its last byte had come; nanoseconds since the epoch. */
  readonly atNs: string
  readonly body: string
}

/** A receiver in a process of its own. */
export class Recorder {
  readonly url: string
  readonly #process: PhasedProgram

  constructor(url: string, process: PhasedProgram) {
    this.url = url
    this.#process = process
  }

  async untilCount(messages: number, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    for (;;) {
      const count = Number(await (await fetch(`${this.url}/count`)).text())
      if (count >= messages) return
      if (performance.now() > deadlineMs) throw new Error(`${count} of ${messages} messages came within ${withinMs} ms`)
      await sleep(pollMs)
    }
  }

  async messages(): Promise<RecordedMessage[]> {
    const text = await (await fetch(`${this.url}/recorded`)).text()
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as RecordedMessage)
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}

export async function startRecorder(): Promise<Recorder> {
  const process_ = new PhasedProgram([process.execPath, program])
  const { port } = await process_.next('listening', 10_000)
  return new Recorder(`http://127.0.0.1:${port}`, process_)
}
