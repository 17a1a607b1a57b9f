import { errorText } from './errors.ts'
import type { Logger } from './log.ts'

/**
 * Whoever acquires something registers its release at once, by name. `stop` releases backwards, so that what was started
 * last ends first; it also serves a start that failed half-way. A release that fails is logged and does not keep the
 * others from running.
 */
export class Lifecycle {
  readonly #logger: Logger
  #releases: { readonly name: string; readonly release: () => void | Promise<void> }[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  onStop(name: string, release: () => void | Promise<void>): void {
    this.#releases.push({ name, release })
  }

  async stop(): Promise<void> {
    const releases = this.#releases.reverse()
    this.#releases = []
    for (const { name, release } of releases) {
      try {
        await release()
      } catch (error) {
        this.#logger.error({ part: name, error: errorText(error) }, 'A part did not end cleanly')
      }
    }
  }
}
