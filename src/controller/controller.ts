/** The loop: takes a key, reconciles it, and turns the outcome into done, later or again. Knows no kind. */
import type { Clock } from '../base/clock.ts'
import { errorText, hasCode, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Outcome, Reconciler } from './result.ts'
import { WorkQueue } from './work-queue.ts'

/** Told once per reconcile, after it ended. */
export type ReconcileObserver = (outcome: Outcome, durationMs: number) => void

export interface ControllerOptions {
  readonly name: string
  readonly reconciler: Reconciler
  readonly clock: Clock
  readonly logger: Logger
  readonly observe?: ReconcileObserver
}

export class Controller {
  readonly #options: ControllerOptions
  readonly #queue: WorkQueue
  readonly #abort = new AbortController()
  #loop: Promise<void> | undefined
  #idleWaiters: (() => void)[] = []

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#queue = new WorkQueue(options.clock)
  }

  get name(): string {
    return this.#options.name
  }

  get depth(): number {
    return this.#queue.depth
  }

  /** Asks for one reconcile of this key, now or after a delay. */
  request(key: string, delayMs = 0): void {
    if (delayMs > 0) this.#queue.addAfter(key, delayMs)
    else this.#queue.add(key)
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Resolves when nothing is asked for now, appointments aside; also when the loop has ended. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve)
      this.#settleIdle()
    })
  }

  /** Keeps all appointments at once. */
  hurry(): void {
    this.#queue.hurry()
  }

  /** Ends the loop; the reconcile under way is aborted and awaited. */
  async stop(): Promise<void> {
    this.#abort.abort(new OperatorError('SHUTTING_DOWN', 'The operator is ending'))
    this.#queue.close()
    await this.#loop
  }

  async #run(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#work(key)
      this.#queue.finish(key)
      this.#settleIdle()
    }
    this.#settleIdle()
  }

  #settleIdle(): void {
    if (!this.#queue.isIdle) return
    for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }

  async #work(key: string): Promise<void> {
    const { clock, observe } = this.#options
    const startMs = clock.monotonicMs()
    const outcome = await this.#reconcile(key)
    observe?.(outcome, clock.monotonicMs() - startMs)
  }

  async #reconcile(key: string): Promise<Outcome> {
    try {
      const result = await this.#options.reconciler.reconcile(key, this.#abort.signal)
      this.#queue.forget(key)
      if ('done' in result) return 'done'
      this.#queue.addAfter(key, result.requeueAfterMs)
      return 'requeued'
    } catch (error) {
      return this.#fail(key, error)
    }
  }

  #fail(key: string, error: unknown): Outcome {
    if (this.#abort.signal.aborted) return 'rejected'
    const mayRetry = !(error instanceof OperatorError) || error.retry
    const [namespace, name] = key.includes('/') ? key.split('/') : [undefined, key]
    const fields = { controller: this.name, namespace, name, error: errorText(error), willRetry: mayRetry }
    // Somebody else wrote or deleted it first: the news is on its way, and makes a further try succeed.
    const isOvertaken =
      hasCode(error, 'API_CONFLICT') || (hasCode(error, 'API_NOT_FOUND') && !this.#queue.isRetried(key))
    this.#options.logger[isOvertaken ? 'debug' : 'warn'](fields, 'Reconcile failed')
    if (!mayRetry) return 'rejected'
    this.#queue.retry(key, error instanceof OperatorError ? error.retryAfterMs : 0)
    return 'retried'
  }
}
