/**
 * Who acts, of several processes: whoever holds the Lease leads; the others stand by with their caches full. A Lease that was
 * lost and comes back with nobody in between (the API server was away) finds the work where it was, silent meanwhile; so nothing
 * of what it remembers is lost. As soon as another process holds the Lease, this one follows and forgets what it judged.
 */
import type { HeldLease } from '../kube/lease.ts'

/** What judges and tells. */
export interface Work {
  /** Resolves when the cluster has been seen once; rejects when that cannot be, or when it is stopped first. */
  readonly started: Promise<void>
  /** Takes up what was told before, and judges and tells from then on. Rejects when the signal is aborted first. */
  lead(epoch: number, signal: AbortSignal): Promise<void>
  /** It was not allowed to act for a while, and is again. */
  resume(): void
  /** Another process leads. */
  follow(): Promise<void>
  stop(): Promise<void>
}

export interface OfficeOptions {
  /** Waits for the Lease; rejects with the signal's reason. `onHeldByOther` as in `LeaseOptions`. */
  readonly acquire: (onHeldByOther: () => Promise<void>, signal: AbortSignal) => Promise<HeldLease>
  readonly startWork: (mayAct: () => boolean) => Work
  /** Told when work begins and when it pauses. */
  readonly onChange: (state: 'working' | 'paused') => void
}

export class Office {
  readonly #options: OfficeOptions
  #lease: HeldLease | undefined
  #work: Work | undefined
  /** Of the term that this process leads, or led last with nobody since. */
  #epoch: number | undefined
  #isStarted = false

  constructor(options: OfficeOptions) {
    this.#options = options
  }

  /** Whether this process holds the Lease at this moment. */
  get isHeld(): boolean {
    return this.#lease?.isHeld() === true
  }

  /** Whether the cluster has been seen once. */
  get hasSeen(): boolean {
    return this.#isStarted
  }

  /** Whether this process judges and tells. */
  get isWorking(): boolean {
    return this.#isStarted && this.#epoch !== undefined
  }

  /** Runs until the signal is aborted; rejects when work cannot start. */
  async run(signal: AbortSignal): Promise<void> {
    const work = this.#options.startWork(() => this.isHeld)
    this.#work = work
    const started = work.started.then(() => {
      this.#isStarted = true
    })
    // Where nobody waits for it any more, a start that was stopped is no failure.
    started.catch(() => undefined)
    while (!signal.aborted) {
      try {
        const acquired = this.#options.acquire(() => this.#follow(), signal)
        const lease = await Promise.race([acquired, started.then(() => acquired)])
        await this.#hold(lease, { work, started, signal })
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  /** Another process has written the log since: this one leads no longer, whatever it believed. */
  async fenced(): Promise<void> {
    await this.#follow()
  }

  /** Ends the work, and lets the next process in at once. */
  async close(): Promise<void> {
    await this.#work?.stop()
    this.#epoch = undefined
    await this.#lease?.release(AbortSignal.timeout(1_000))
  }

  async #hold(lease: HeldLease, { work, started, signal }: Holding): Promise<void> {
    this.#lease = lease
    if (this.#epoch !== undefined && this.#epoch !== lease.epoch) await this.#follow()
    if (this.#epoch === lease.epoch) work.resume()
    else await work.lead(lease.epoch, signal)
    this.#epoch = lease.epoch
    const isOver = untilAborted(AbortSignal.any([signal, lease.lost]))
    await Promise.race([started, isOver])
    const wasWorking = this.#isStarted && !lease.lost.aborted && !signal.aborted
    if (wasWorking) this.#options.onChange('working')
    await isOver
    if (wasWorking) this.#options.onChange('paused')
  }

  async #follow(): Promise<void> {
    if (this.#epoch === undefined) return
    this.#epoch = undefined
    await this.#work?.follow()
  }
}

interface Holding {
  readonly work: Work
  readonly started: Promise<void>
  readonly signal: AbortSignal
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
