/**
 * What a fault proxy can do to one exchange between a client and the API server.
 *
 * A body fault is a generator over the answer's bytes: it yields what the client shall get, and may end the connection
 * or never go on.
 */
import { setTimeout as sleep } from 'node:timers/promises'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The client's side of one exchange. */
export interface ClientConnection {
  /** Breaks the connection; what was sent before arrives. */
  cut(): Promise<void>
  /** Resolves when the client has gone. */
  readonly closed: Promise<void>
}

export type BodyFault = (body: AsyncIterable<Buffer>, client: ClientConnection) => AsyncIterable<Buffer>

export interface FaultAction {
  /** Runs before the request is passed on; an answer that it gives is the client's, and the server hears nothing. */
  before?(client: ClientConnection): Promise<Answer | undefined>
  readonly body?: BodyFault
}

/** Answers in the API server's place. */
export const answer = (given: Answer): FaultAction => ({ before: async () => given })

function statusObject(code: number, reason: string, message: string): Answer {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }
  return { status: code, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** 429, as the API server's fairness gives it. */
export function tooManyRequests(options: { retryAfterSeconds: number }): FaultAction {
  const status = statusObject(429, 'TooManyRequests', 'The server has received too many requests')
  return answer({ ...status, headers: { ...status.headers, 'retry-after': String(options.retryAfterSeconds) } })
}

export const unauthorized = (message: string): Answer => statusObject(401, 'Unauthorized', message)

/** Takes the request and never answers. */
export const hold = (): FaultAction => ({
  before: async (client) => {
    await client.closed
    return undefined
  },
})

/** Passes the request on only after this time. */
export const delay = (options: { delayMs: number }): FaultAction => ({
  before: async () => {
    await sleep(options.delayMs)
    return undefined
  },
})

const bodyFault = (body: BodyFault): FaultAction => ({ body })

/** The bytes before an offset in the body, then those from it on. */
async function* splitAt(body: AsyncIterable<Buffer>, offset: number): AsyncIterable<{ bytes: Buffer; after: boolean }> {
  let seen = 0
  for await (const chunk of body) {
    const cutAt = Math.min(Math.max(offset - seen, 0), chunk.length)
    if (cutAt > 0) yield { bytes: chunk.subarray(0, cutAt), after: false }
    if (cutAt < chunk.length || seen + cutAt === offset) yield { bytes: chunk.subarray(cutAt), after: true }
    seen += chunk.length
  }
}

/** Lines of JSON; of a watch in protobuf its frames, which begin with their length and so with a zero. */
async function* whole(lines: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of lines) {
    rest = Buffer.concat([rest, chunk])
    for (let end = endOfFirst(rest); end > 0 && end <= rest.length; end = endOfFirst(rest)) {
      yield rest.subarray(0, end)
      rest = rest.subarray(end)
    }
  }
  if (rest.length > 0) yield rest
}

/** 0 where it is not known yet. */
function endOfFirst(bytes: Buffer): number {
  if (bytes[0] !== 0) return bytes.indexOf(10) + 1
  return bytes.length < 4 ? 0 : 4 + bytes.readUInt32BE(0)
}

/** Breaks the connection after this many bytes of the body: in the middle of a line unless counted. */
export const cut = (options: { afterBytes: number }): FaultAction =>
  bodyFault(async function* (body, client) {
    for await (const { bytes, after } of splitAt(body, options.afterBytes)) {
      if (after) return await client.cut()
      yield bytes
    }
  })

/** Breaks the connection after a number of whole lines and `extraBytes` of the next one. */
export const cutInLine = (options: { afterLines: number; extraBytes: number }): FaultAction =>
  bodyFault(async function* (body, client) {
    let count = 0
    for await (const line of whole(body)) {
      if (count === options.afterLines) {
        yield line.subarray(0, options.extraBytes)
        return await client.cut()
      }
      count += 1
      yield line
    }
  })

/** Stops passing on after this many bytes; the connection stays open. */
export const stall = (options: { afterBytes?: number } = {}): FaultAction =>
  bodyFault(async function* (body, client) {
    for await (const { bytes, after } of splitAt(body, options.afterBytes ?? 0)) {
      if (after) return await client.closed
      yield bytes
    }
  })

/** Sends every line from this one on twice (the first is number 0), at most `times` lines. */
export const repeatLines = (options: { fromLine: number; times?: number }): FaultAction =>
  bodyFault(async function* (body) {
    const end = options.fromLine + (options.times ?? Number.POSITIVE_INFINITY)
    let number = 0
    for await (const line of whole(body)) {
      yield line
      if (number >= options.fromLine && number < end) yield line
      number += 1
    }
  })

/** After `afterBytes`, sends the last `count` of them again: a line is broken by a part of itself. */
export const repeatBytes = (options: { afterBytes: number; count: number }): FaultAction =>
  bodyFault(async function* (body) {
    let sent = Buffer.alloc(0)
    let isDone = false
    for await (const { bytes, after } of splitAt(body, options.afterBytes)) {
      if (after && !isDone) {
        isDone = true
        yield sent.subarray(-options.count)
      }
      if (!isDone) sent = Buffer.concat([sent, bytes]).subarray(-options.count)
      yield bytes
    }
  })

/** Puts bytes that belong to no event in after this many. */
export const garbage = (options: { afterBytes: number; bytes?: Buffer }): FaultAction =>
  bodyFault(async function* (body) {
    let isDone = false
    for await (const { bytes, after } of splitAt(body, options.afterBytes)) {
      if (after && !isDone) {
        isDone = true
        yield options.bytes ?? Buffer.from([0xff, 0x00, 0x7b, 0x0a, 0x80])
      }
      yield bytes
    }
  })

/** Passes the body on in pieces of this size, each in a packet of its own; 1 cuts every multi-byte character. */
export const split = (options: { size: number }): FaultAction =>
  bodyFault(async function* (body) {
    for await (const chunk of body) {
      for (let start = 0; start < chunk.length; start += options.size) {
        yield chunk.subarray(start, start + options.size)
        await new Promise(setImmediate)
      }
    }
  })
