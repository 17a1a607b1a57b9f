import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { KubeClient } from './client.ts'
import { type Encoding, openEncoded } from './encoding.ts'
import { LineSplitter } from './line-splitter.ts'
import { FrameSplitter } from './protobuf/frame-splitter.ts'
import type { ReflectorTiming } from './reflector-timing.ts'
import { type Selection, selectionPath, selectionQuery } from './selection.ts'
import { StreamDeadline } from './stream-deadline.ts'

export type StreamEnd =
  | { readonly end: 'closed' }
  | { readonly end: 'silent' }
  | { readonly end: 'overdue' }
  | { readonly end: 'failed'; readonly error: unknown; readonly wasOpen: boolean }

export interface WatchStreamOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly timing: ReflectorTiming
  readonly selection: Selection
  readonly query: Readonly<Record<string, string | boolean | undefined>>
  /** The server may answer in JSON all the same. */
  readonly encoding: Encoding
}

export interface FrameReader {
  /** May throw: the stream then ends as failed. The buffer is valid during the call only. */
  onFrame(frame: Buffer, encoding: Encoding): void
  onBytes(bytes: number): void
}

/** Larger than any object that etcd stores. The less a length can be, the sooner bytes that are none are noticed. */
const maximumFrameBytes: Readonly<Record<Encoding, number>> = { json: 64 * 1024 * 1024, protobuf: 16 * 1024 * 1024 - 1 }

/** One watch request, from its first byte to its end, with its deadlines. Never throws. */
export class WatchStream {
  readonly #options: WatchStreamOptions
  readonly #controller = new AbortController()
  readonly #startedMs: number
  readonly #seconds: number
  #deadline: StreamDeadline | undefined
  #tripped: 'silent' | 'overdue' | undefined
  #isBookmarked = false
  #isOpen = false
  #frames = 0

  constructor(options: WatchStreamOptions) {
    this.#options = options
    const { clock, timing } = options
    const [least, most] = timing.streamSeconds
    this.#seconds = Math.round(least + (most - least) * clock.random())
    this.#startedMs = clock.monotonicMs()
  }

  get livedMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs
  }

  get frames(): number {
    return this.#frames
  }

  /** The initial state is complete; the next thing to wait for is a first bookmark. */
  expectBookmark(): void {
    this.#deadline?.allowSilence(this.#options.timing.firstBookmarkSilenceMs)
  }

  sawBookmark(): void {
    if (!this.#isBookmarked) this.#deadline?.allowSilence(this.#options.timing.silenceMs)
    this.#isBookmarked = true
  }

  async read(signal: AbortSignal, reader: FrameReader): Promise<StreamEnd> {
    const forward = () => this.#controller.abort(signal.reason)
    signal.addEventListener('abort', forward, { once: true })
    if (signal.aborted) forward()
    try {
      await this.#readFrames(reader)
      return { end: 'closed' }
    } catch (error) {
      return this.#tripped === undefined ? { end: 'failed', error, wasOpen: this.#isOpen } : { end: this.#tripped }
    } finally {
      signal.removeEventListener('abort', forward)
      this.#deadline?.close()
    }
  }

  async #readFrames(reader: FrameReader): Promise<void> {
    const { client, selection, query, timing } = this.#options
    const request = {
      path: selectionPath(selection),
      query: {
        ...selectionQuery(selection),
        ...query,
        watch: 1,
        allowWatchBookmarks: true,
        timeoutSeconds: this.#seconds,
      },
      gzip: true,
      signal: this.#controller.signal,
      timeoutMs: timing.initialSilenceMs,
    }
    const { stream, encoding } = await openEncoded(client, request, this.#options.encoding)
    this.#isOpen = true
    const deadline = this.#startDeadline()
    const splitter = new (encoding === 'protobuf' ? FrameSplitter : LineSplitter)(maximumFrameBytes[encoding])
    const onFrame = (frame: Buffer) => {
      this.#frames += 1
      reader.onFrame(frame, encoding)
    }
    for await (const chunk of stream) {
      deadline.touch()
      reader.onBytes(chunk.length)
      push(splitter, chunk, onFrame)
    }
  }

  /** From the headers on; until they come, the request's own timeout counts. */
  #startDeadline(): StreamDeadline {
    const { clock, timing, query } = this.#options
    const isSync = query.sendInitialEvents === true
    const silenceMs = isSync ? timing.initialSilenceMs : timing.firstBookmarkSilenceMs
    const limits = { silenceMs, lifetimeMs: this.#seconds * 1000 + timing.overdueMs }
    this.#deadline = new StreamDeadline(clock, limits, (what) => this.#trip(what))
    return this.#deadline
  }

  #trip(what: 'silent' | 'overdue'): void {
    this.#tripped = what
    this.#controller.abort(new OperatorError('API_TIMEOUT', `the watch was cut: ${what}`))
  }
}

function push(splitter: LineSplitter | FrameSplitter, chunk: Buffer, onFrame: (frame: Buffer) => void): void {
  try {
    splitter.push(chunk, onFrame)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new OperatorError('STREAM_MALFORMED', `the API server sent a frame without end: ${errorText(cause)}`, {
      cause,
    })
  }
}
