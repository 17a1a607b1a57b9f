import type { Clock, Timer } from '../base/clock.ts'
import { giveBackMemory } from '../base/heap.ts'

/** How long nothing much has to come before memory is given back. */
const calmMs = 1_000

/** Gives memory back to the system when a complete state of the cluster has passed through: most of it is not kept. */
export class MemoryKeeper {
  readonly #clock: Clock
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  muchHasPassed(): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(calmMs, giveBackMemory)
  }

  stop(): void {
    this.#timer?.cancel()
  }
}
