import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'

/** An answer whose body is read as it comes. Leaving the loop over it, or `cancel`, closes the connection. */
export interface ByteStream extends AsyncIterable<Buffer> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  cancel(reason: Error): void
  /** Resolves when the connection has no more to give, however that came about. */
  readonly ended: Promise<void>
}

/** The socket is read ahead of a busy reader up to this much; beyond it TCP makes the server wait. */
const readAheadBytes = 1 << 20

/**
 * Sends one request and resolves when the headers are there. Chunks are queued by undici's own callback, without a stream
 * object between: at tens of thousands of chunks a second that would cost as much as decoding them.
 */
export function dispatchRequest(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  watch: { readonly signal: AbortSignal; readonly explain: (error: Error) => Error },
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    if (watch.signal.aborted) return reject(asError(watch.signal.reason))
    dispatcher.dispatch(options, createHandler(watch, resolve, reject))
  })
}

function createHandler(
  watch: { readonly signal: AbortSignal; readonly explain: (error: Error) => Error },
  resolve: (stream: ByteStream) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  const { signal } = watch
  const queue = new ChunkQueue()
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  // Until there is a connection, undici has nothing that could be aborted: then the caller is let go alone.
  let onAbort = () => reject(asError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  const settle = (error?: Error) => {
    signal.removeEventListener('abort', onAbort)
    queue.finish(error)
    reject(error)
    end()
  }
  return {
    onRequestStart(controller) {
      signal.removeEventListener('abort', onAbort)
      onAbort = () => controller.abort(asError(signal.reason))
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
    },
    onResponseStart(controller, status, headers) {
      if (status < 200) return
      queue.controller = controller
      const cancel = (reason: Error) => queue.cancel(reason)
      resolve(decoded({ status, headers, cancel, ended, [Symbol.asyncIterator]: () => queue }))
    },
    onResponseData: (_controller, chunk) => queue.push(chunk),
    onResponseEnd: () => settle(),
    onResponseError: (_controller, error) => settle(signal.aborted ? asError(signal.reason) : watch.explain(error)),
  }
}

/** Chunks between the socket and the one reader. */
class ChunkQueue implements AsyncIterator<Buffer, undefined> {
  controller: Dispatcher.DispatchController | undefined
  #chunks: Buffer[] = []
  #head = 0
  #bytes = 0
  #isFinished = false
  #error: Error | undefined
  #wake: (() => void) | undefined

  push(chunk: Buffer): void {
    if (this.#isFinished) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > readAheadBytes) this.controller?.pause()
    this.#wakeReader()
  }

  finish(error: Error | undefined): void {
    this.#isFinished = true
    this.#error ??= error
    this.#wakeReader()
  }

  cancel(reason: Error): void {
    this.#clear()
    if (!this.#isFinished) this.controller?.abort(reason)
    this.finish(reason)
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    for (;;) {
      const chunk = this.#take()
      if (chunk !== undefined) return { done: false, value: chunk }
      if (this.#error !== undefined) throw this.#error
      if (this.#isFinished) return { done: true, value: undefined }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.cancel(new Error('the reader left'))
    return { done: true, value: undefined }
  }

  #take(): Buffer | undefined {
    const chunk = this.#chunks[this.#head]
    if (chunk === undefined) return undefined
    this.#head += 1
    this.#bytes -= chunk.length
    if (this.#head === this.#chunks.length) this.#clear()
    if (this.#bytes < readAheadBytes / 2 && this.controller?.paused === true) this.controller.resume()
    return chunk
  }

  #clear(): void {
    this.#chunks = []
    this.#head = 0
    this.#bytes = 0
  }

  #wakeReader(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}

function decoded(stream: ByteStream): ByteStream {
  if (stream.headers['content-encoding'] !== 'gzip') return stream
  const source = Readable.from(stream, { objectMode: false })
  const plain = source.pipe(createGunzip())
  source.on('error', (error) => plain.destroy(error))
  const cancel = (reason: Error) => {
    stream.cancel(reason)
    plain.destroy(reason)
  }
  return { ...stream, cancel, [Symbol.asyncIterator]: () => plain.iterator() }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}

/** The whole body, for answers that are known to be small. Stops reading at `maximumBytes`. */
export async function readBody(stream: ByteStream, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= maximumBytes) break
  }
  return Buffer.concat(chunks)
}
