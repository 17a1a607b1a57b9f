import { setTimeout as sleep } from 'node:timers/promises'
import type { Recorder } from '../notify/recorder.ts'

const withinMs = 120_000
const pollMs = 500

/** Which pods a receiver was told of. It is asked seldom, and once for all: asking is work for the machine, too. */
export class ToldPods {
  readonly #recorder: Recorder
  readonly #ended = new AbortController()
  #bodies = ''

  constructor(recorder: Recorder) {
    this.#recorder = recorder
    void this.#poll()
  }

  async until(pod: string): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (!this.#bodies.includes(`"${pod}"`)) {
      if (performance.now() > deadlineMs) throw new Error(`nothing was told of ${pod} within ${withinMs} ms`)
      await sleep(pollMs)
    }
  }

  stop(): void {
    this.#ended.abort()
  }

  async #poll(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const messages = await this.#recorder.messages().catch(() => [])
      this.#bodies = messages.map(({ body }) => body).join('\n')
      await sleep(pollMs)
    }
  }
}
