import type { Dispatcher } from 'undici'
import type { Clock, Timer } from '../base/clock.ts'

export interface Exchanged {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ExchangeOptions {
  readonly dispatcher: Dispatcher
  readonly request: Dispatcher.DispatchOptions
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly longestAnswerBytes?: number | undefined
}

/** No answer; `isWritten` where the request may have left. `cause` is undefined when the signal was aborted. */
export class ExchangeBroken extends Error {
  readonly isWritten: boolean

  constructor(isWritten: boolean, cause: unknown) {
    super('no answer', { cause })
    this.isWritten = isWritten
  }
}

const usualAnswerBytes = 64 * 1024
/** Once the head of an answer is there, its body gets so long. */
const bodyWithinMs = 2_000

/** One request and its answer. undici's own callbacks tell, as its promises do not, whether anything was written. */
export function exchange({
  dispatcher,
  request,
  clock,
  signal,
  longestAnswerBytes,
}: ExchangeOptions): Promise<Exchanged> {
  const handler = new ExchangeHandler(clock, signal, longestAnswerBytes ?? usualAnswerBytes)
  try {
    if (signal.aborted) handler.giveUp()
    else dispatcher.dispatch(request, handler)
  } catch (error) {
    handler.onResponseError(undefined, error)
  }
  return handler.ended
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly ended: Promise<Exchanged>
  readonly #settle: { resolve(answer: Exchanged): void; reject(error: ExchangeBroken): void }
  readonly #clock: Clock
  readonly #longestBytes: number
  readonly #signal: AbortSignal
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #head: Omit<Exchanged, 'body'> | undefined
  #bytes = 0
  #isOver = false
  #bodyTimer: Timer | undefined

  constructor(clock: Clock, signal: AbortSignal, longestBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<Exchanged>()
    this.ended = promise
    this.#settle = { resolve, reject }
    this.#clock = clock
    this.#longestBytes = longestBytes
    this.#signal = signal
    signal.addEventListener('abort', this.giveUp, { once: true })
  }

  /** The signal was aborted. Before there is a connection undici has nothing to abort: then the caller is let go alone. */
  readonly giveUp = (): void => this.#end(undefined)

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) controller.abort(new Error('given up'))
    else this.#controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return
    const entries = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')])
    this.#head = { status, headers: Object.fromEntries(entries) }
    this.#bodyTimer = this.#clock.after(bodyWithinMs, () => this.#end(undefined))
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes >= this.#longestBytes) this.#end(undefined)
  }

  onResponseEnd(): void {
    this.#controller = undefined
    this.#end(undefined)
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.#end(error)
  }

  /** With what came, where the head of an answer did. */
  #end(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#signal.removeEventListener('abort', this.giveUp)
    this.#bodyTimer?.cancel()
    const isWritten = this.#controller !== undefined
    this.#controller?.abort(new Error('no more is read'))
    const body = Buffer.concat(this.#chunks).subarray(0, this.#longestBytes).toString('utf8')
    if (this.#head === undefined) this.#settle.reject(new ExchangeBroken(isWritten, error))
    else this.#settle.resolve({ ...this.#head, body })
  }
}
