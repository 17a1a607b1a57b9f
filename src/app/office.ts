/**
 * Who acts, of several processes: whoever holds the Lease works. A Lease that was lost and comes back with nobody in between
 * (the API server was away) finds the work where it was, silent meanwhile; so nothing of what it remembers is lost, and
 * nothing is told again. As soon as another process holds the Lease, the work here ends.
 */
import type { HeldLease } from '../kube/lease.ts'

/** What judges and tells. */
export interface Work {
  /** Resolves when the cluster has been seen once; rejects when that cannot be, or when it is stopped first. */
  readonly started: Promise<void>
  /** It was not allowed to act for a while, and is again. */
  resume(): void
  stop(): Promise<void>
}

export interface OfficeOptions {
  /** Waits for the Lease; rejects with the signal's reason. `onHeldByOther` as in `LeaseOptions`. */
  readonly acquire: (onHeldByOther: () => Promise<void>, signal: AbortSignal) => Promise<HeldLease>
  readonly startWork: (mayAct: () => boolean) => Work
  /** Told when work begins and when it pauses. */
  readonly onChange: (state: 'working' | 'paused') => void
}

interface Term {
  readonly epoch: number
  readonly work: Work
  isStarted: boolean
}

export class Office {
  readonly #options: OfficeOptions
  #lease: HeldLease | undefined
  #term: Term | undefined

  constructor(options: OfficeOptions) {
    this.#options = options
  }

  /** Whether this process holds the Lease at this moment. */
  get isHeld(): boolean {
    return this.#lease?.isHeld() === true
  }

  /** Whether the cluster has been seen once in this term. */
  get isWorking(): boolean {
    return this.#term?.isStarted === true
  }

  /** Runs until the signal is aborted; rejects when work cannot start. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const lease = await this.#options.acquire(() => this.#endTerm(), signal)
        await this.#hold(lease, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  /** Ends the work, and lets the next process in at once. */
  async close(): Promise<void> {
    await this.#endTerm()
    await this.#lease?.release(AbortSignal.timeout(1_000))
  }

  async #hold(lease: HeldLease, signal: AbortSignal): Promise<void> {
    if (this.#term?.epoch !== lease.epoch) await this.#endTerm()
    this.#lease = lease
    const term = this.#resumeOrStart(lease)
    const isOver = untilAborted(AbortSignal.any([signal, lease.lost]))
    await Promise.race([term.work.started, isOver])
    term.isStarted ||= !lease.lost.aborted && !signal.aborted
    if (term.isStarted) this.#options.onChange('working')
    await isOver
    if (term.isStarted) this.#options.onChange('paused')
  }

  #resumeOrStart({ epoch }: HeldLease): Term {
    this.#term?.work.resume()
    this.#term ??= { epoch, work: this.#options.startWork(() => this.isHeld), isStarted: false }
    // Where nobody waits for it any more, a start that was stopped is no failure.
    this.#term.work.started.catch(() => undefined)
    return this.#term
  }

  async #endTerm(): Promise<void> {
    const term = this.#term
    this.#term = undefined
    await term?.work.stop()
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
