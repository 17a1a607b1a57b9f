/**
 * A server that keeps Slack's published contract for what Dogwatch uses of it, refusals and limits included, because Slack itself
 * cannot run here. Sources, read 2026-11-21:
 * - https://docs.slack.dev/reference/methods/chat.postMessage, chat.update, conversations.history, conversations.replies,
 *   users.conversations, files.getUploadURLExternal, files.completeUploadExternal, auth.test: arguments, scopes, errors
 * - https://docs.slack.dev/apis/web-api/rate-limits: 1 message per second and channel with short bursts, 429 with Retry-After
 * - https://docs.slack.dev/messaging/message-metadata: metadata; its payload only with include_all_metadata
 * - https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
 *   https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks: statuses and words
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { blocksProblem } from './block-kit.ts'

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type
type Json = any

export interface SlackChannel {
  readonly id: string
  readonly name: string
  readonly isPrivate: boolean
  isMember: boolean
  isArchived: boolean
}

export interface SlackMessage {
  readonly channel: string
  readonly ts: string
  readonly threadTs?: string
  text: string
  blocks: Json[]
  readonly metadata?: { event_type: string; event_payload: Record<string, unknown> }
  readonly isBroadcast: boolean
  readonly files: readonly { id: string; name: string; title: string; text: string }[]
  readonly isOwn: boolean
  edits: number
}

/** What happens to a call instead of what it asks for; with `afterDoing` in addition to that. */
export interface SlackFault {
  readonly method: string
  readonly error?: string
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly cut?: boolean
  readonly hang?: boolean
  readonly afterDoing?: boolean
  /** How many calls it hits. */
  times: number
}

class Refusal extends Error {
  readonly answer: object

  constructor(error: string, more: object = {}) {
    super(error)
    const [code = error, detail] = error.split(': ')
    this.answer = {
      ok: false,
      error: code,
      ...more,
      ...(detail === undefined ? {} : { response_metadata: { messages: [detail] } }),
    }
  }
}

export const slackToken = 'xoxb-1111-2222-abcdefGHIJ'
export const webhookPath = '/services/T0000/B0000/wwwwWWWWxxxxXXXX'

export class SlackServer {
  readonly channels: SlackChannel[] = [
    { id: 'C0000000OPS', name: 'ops', isPrivate: false, isMember: true, isArchived: false },
    { id: 'C000000TEAM', name: 'team-a', isPrivate: true, isMember: true, isArchived: false },
    { id: 'C000000OLD1', name: 'old', isPrivate: false, isMember: true, isArchived: true },
    { id: 'C00STRANGER', name: 'strangers', isPrivate: false, isMember: false, isArchived: false },
  ]
  readonly messages: SlackMessage[] = []
  readonly calls: { readonly method: string; readonly args: Json }[] = []
  readonly faults: SlackFault[] = []
  scopes = ['chat:write', 'files:write', 'channels:history', 'groups:history', 'channels:read', 'groups:read']
  validToken = slackToken
  isWebhookOn = true
  /** Messages that a channel takes at once. */
  burst = 30
  readonly #uploads = new Map<string, { name: string; length: number; text?: string }>()
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()
  readonly #server = createServer((request, response) => this.#handle(request, response))
  #lastTs = 0

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get apiUrl(): string {
    return `${this.url}/api/`
  }

  get webhookUrl(): string {
    return this.url + webhookPath
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  /** Messages as people see them in a channel: those that no thread hides. */
  shownIn(name: string): SlackMessage[] {
    const id = this.channels.find((channel) => channel.name === name)?.id
    return this.messages.filter(
      ({ channel, threadTs, isBroadcast }) => channel === id && (threadTs === undefined || isBroadcast),
    )
  }

  repliesTo({ ts, channel }: SlackMessage): SlackMessage[] {
    return this.messages.filter((message) => message.channel === channel && message.threadTs === ts)
  }

  /** Somebody else writes. */
  chatter(name: string, text: string): void {
    const channel = this.channels.find((one) => one.name === name)?.id ?? ''
    this.#add({ channel, text, blocks: [], isBroadcast: false, files: [], isOwn: false })
  }

  countOf(method: string): number {
    return this.calls.filter((call) => call.method === method).length
  }

  #add(message: Omit<SlackMessage, 'ts' | 'edits'>): SlackMessage {
    this.#lastTs = Math.max(this.#lastTs + 1, Date.now() * 1_000)
    const digits = String(this.#lastTs)
    const added = { ...message, ts: `${digits.slice(0, 10)}.${digits.slice(10)}`, edits: 0 }
    this.messages.push(added)
    return added
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const path = (request.url ?? '').split('?')[0] ?? ''
    const method = path.startsWith('/api/') ? path.slice(5) : path.startsWith('/upload/') ? 'upload' : 'webhook'
    const fault = this.faults.find((one) => [method, '*'].includes(one.method) && one.times > 0)
    if (fault !== undefined) fault.times -= 1
    if (fault !== undefined && fault.afterDoing !== true) return this.#misbehave(fault, request, response)
    const answer = this.#answer(method, path, request, body)
    if (fault !== undefined) return this.#misbehave(fault, request, response)
    response.writeHead(answer.status ?? 200, answer.headers)
    response.end(answer.text ?? JSON.stringify(answer.json))
  }

  #misbehave(fault: SlackFault, request: IncomingMessage, response: ServerResponse): void {
    if (fault.hang === true) return
    if (fault.cut === true) return void request.socket.destroy()
    response.writeHead(fault.status ?? 200, { 'content-type': 'application/json', ...fault.headers })
    response.end(fault.error === undefined ? '' : JSON.stringify({ ok: false, error: fault.error }))
  }

  #answer(method: string, path: string, request: IncomingMessage, body: Buffer): Answer {
    if (method === 'webhook') return this.#webhook(path, request, body)
    if (method === 'upload') return this.#upload(path, body)
    const headers = { 'content-type': 'application/json; charset=utf-8', 'x-oauth-scopes': this.scopes.join(',') }
    try {
      const json = { ok: true, ...this.#call(method, request, body) }
      return { headers, json }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const isLimited = error.message === 'ratelimited'
      return {
        headers: { ...headers, ...(isLimited ? { 'retry-after': '1' } : {}) },
        status: isLimited ? 429 : 200,
        json: error.answer,
      }
    }
  }

  #call(method: string, request: IncomingMessage, body: Buffer): object {
    const args = argumentsOf(request, body)
    this.calls.push({ method, args })
    const token = request.headers.authorization?.replace(/^Bearer /, '')
    if (token === undefined) throw new Refusal('not_authed')
    if (token !== this.validToken) throw new Refusal('invalid_auth')
    const known = methods[method]
    if (known === undefined) throw new Refusal('unknown_method')
    if (known.anyScope.length > 0 && !known.anyScope.some((scope) => this.scopes.includes(scope))) {
      throw new Refusal('missing_scope', { needed: known.anyScope.join(','), provided: this.scopes.join(',') })
    }
    return known.make(this, args)
  }

  /** One message a second and channel; a short burst is let through. */
  spend(channel: string): void {
    const nowMs = Date.now()
    const bucket = this.#buckets.get(channel) ?? { tokens: this.burst, atMs: nowMs }
    const tokens = Math.min(this.burst, bucket.tokens + (nowMs - bucket.atMs) / 1_000)
    if (tokens < 1) throw new Refusal('ratelimited')
    this.#buckets.set(channel, { tokens: tokens - 1, atMs: nowMs })
  }

  /** By id or by name; of private ones only those that the app is in. */
  channelBy(nameOrId: string): SlackChannel {
    const channel = this.channels.find(({ id, name }) => id === nameOrId || name === nameOrId.replace(/^#/, ''))
    if (channel === undefined || (channel.isPrivate && !channel.isMember)) throw new Refusal('channel_not_found')
    return channel
  }

  channelToReadIn(id: string): SlackChannel {
    const channel = this.channels.find((one) => one.id === id)
    if (channel === undefined || (channel.isPrivate && !channel.isMember)) throw new Refusal('channel_not_found')
    if (!channel.isMember) throw new Refusal('not_in_channel')
    return channel
  }

  postMessage(args: Json): object {
    const channel = this.channelBy(String(args.channel ?? ''))
    if (channel.isArchived) throw new Refusal('is_archived')
    if (!channel.isMember && !this.scopes.includes('chat:write.public')) throw new Refusal('not_in_channel')
    const content = contentOf(args)
    if (args.thread_ts !== undefined && !this.messages.some(({ ts }) => ts === args.thread_ts)) {
      throw new Refusal('thread_not_found')
    }
    this.spend(channel.id)
    const metadata = metadataOf(args.metadata)
    const message = this.#add({
      channel: channel.id,
      ...content,
      ...(args.thread_ts === undefined ? {} : { threadTs: args.thread_ts }),
      ...(metadata === undefined ? {} : { metadata }),
      isBroadcast: args.reply_broadcast === 'true',
      ...{ files: [], isOwn: true },
    })
    return { channel: channel.id, ts: message.ts, message: shownAs(message, true) }
  }

  updateMessage(args: Json): object {
    const channel = this.channels.find(({ id }) => id === args.channel)
    if (channel === undefined) throw new Refusal('channel_not_found')
    const message = this.messages.find((one) => one.ts === args.ts && one.channel === channel.id)
    if (message === undefined) throw new Refusal('message_not_found')
    if (!message.isOwn) throw new Refusal('cant_update_message')
    Object.assign(message, contentOf(args), { edits: message.edits + 1 })
    return { channel: channel.id, ts: message.ts, text: message.text }
  }

  history(args: Json): object {
    const channel = this.channelToReadIn(String(args.channel))
    const seen = this.messages.filter(
      (one) => one.channel === channel.id && (one.threadTs === undefined || one.isBroadcast),
    )
    return page(seen.toReversed(), args, 'messages', (one) => shownAs(one, args.include_all_metadata === 'true'))
  }

  replies(args: Json): object {
    const channel = this.channelToReadIn(String(args.channel))
    const parent = this.messages.find((one) => one.channel === channel.id && one.ts === args.ts)
    if (parent === undefined) throw new Refusal('thread_not_found')
    return page([parent, ...this.repliesTo(parent)], args, 'messages', (one) =>
      shownAs(one, args.include_all_metadata === 'true'),
    )
  }

  uploadUrl({ filename, length }: Json): object {
    if (!(Number(length) > 0) || !filename) throw new Refusal('missing_argument')
    const id = `F${String(this.#uploads.size + 1).padStart(10, '0')}`
    this.#uploads.set(id, { name: filename, length: Number(length) })
    return { file_id: id, upload_url: `${this.url}/upload/${id}` }
  }

  #upload(path: string, body: Buffer): Answer {
    const upload = this.#uploads.get(path.slice('/upload/'.length))
    if (upload === undefined) return { status: 404, headers: {}, text: 'no such ticket' }
    if (upload.length !== body.length) return { status: 400, headers: {}, text: 'another length was announced' }
    upload.text = body.toString('utf8')
    return { headers: {}, text: `OK - ${body.length}` }
  }

  completeUpload(args: Json): object {
    const files = (JSON.parse(args.files) as { id: string; title?: string }[]).map(({ id, title = '' }) => {
      const upload = this.#uploads.get(id)
      if (upload?.text === undefined) throw new Refusal('file_not_found')
      return { id, title, name: upload.name, text: upload.text }
    })
    const channel = this.channels.find(({ id }) => id === args.channel_id)
    if (channel === undefined) throw new Refusal('invalid_channel')
    if (!channel.isMember) throw new Refusal('posting_to_channel_denied')
    this.#add({
      channel: channel.id,
      threadTs: args.thread_ts,
      text: '',
      blocks: [],
      isBroadcast: false,
      files,
      isOwn: true,
    })
    return { files: files.map(({ id, title }) => ({ id, title })) }
  }

  #webhook(path: string, request: IncomingMessage, body: Buffer): Answer {
    const plain = (status: number, text: string): Answer => ({ status, headers: { 'content-type': 'text/html' }, text })
    if (path !== webhookPath || !this.isWebhookOn) return plain(404, 'no_service')
    if (!String(request.headers['content-type']).startsWith('application/json')) return plain(400, 'invalid_payload')
    const args = parsed(body.toString('utf8'))
    if (args === undefined) return plain(400, 'invalid_payload')
    if (args.text === undefined && args.blocks === undefined) return plain(400, 'no_text')
    const problem = args.blocks === undefined ? undefined : blocksProblem(args.blocks)
    if (problem !== undefined) return plain(400, problem.split(':')[0] ?? '')
    const channel = this.channels[0]
    if (channel?.isArchived !== false) return plain(410, 'channel_is_archived')
    try {
      this.spend('webhook')
    } catch {
      return { status: 429, headers: { 'retry-after': '1' }, text: 'rate_limited' }
    }
    this.#add({
      channel: channel.id,
      text: args.text,
      blocks: args.blocks ?? [],
      isBroadcast: false,
      files: [],
      isOwn: false,
    })
    return plain(200, 'ok')
  }
}

interface Answer {
  readonly status?: number
  readonly headers: Record<string, string>
  readonly json?: unknown
  readonly text?: string
}

const reading = ['channels:history', 'groups:history', 'im:history', 'mpim:history']
const listing = ['channels:read', 'groups:read', 'im:read', 'mpim:read']

const methods: Readonly<
  Record<string, { anyScope: readonly string[]; make: (server: SlackServer, args: Json) => object }>
> = {
  'auth.test': {
    anyScope: [],
    make: () => ({ team: 'Example', user: 'dogwatch', team_id: 'T1', user_id: 'U1', bot_id: 'B1' }),
  },
  'chat.postMessage': { anyScope: ['chat:write'], make: (server, args) => server.postMessage(args) },
  'chat.update': { anyScope: ['chat:write'], make: (server, args) => server.updateMessage(args) },
  'conversations.history': { anyScope: reading, make: (server, args) => server.history(args) },
  'conversations.replies': { anyScope: reading, make: (server, args) => server.replies(args) },
  'users.conversations': {
    anyScope: listing,
    make: (server, args) =>
      page(
        server.channels.filter(({ isMember, isArchived }) => isMember && !isArchived),
        args,
        'channels',
        (one) => one,
      ),
  },
  'files.getUploadURLExternal': { anyScope: ['files:write'], make: (server, args) => server.uploadUrl(args) },
  'files.completeUploadExternal': { anyScope: ['files:write'], make: (server, args) => server.completeUpload(args) },
}

function argumentsOf(request: IncomingMessage, body: Buffer): Json {
  const type = String(request.headers['content-type'] ?? '')
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body.toString('utf8')))
  if (type.startsWith('application/json')) return parsed(body.toString('utf8')) ?? {}
  throw new Refusal(type === '' ? 'missing_post_type' : 'invalid_post_type')
}

function contentOf({ text, blocks }: Json): { text: string; blocks: Json[] } {
  const list = blocks === undefined ? [] : parsed(blocks)
  if (text === undefined && blocks === undefined) throw new Refusal('no_text')
  if (String(text ?? '').length > 40_000) throw new Refusal('msg_too_long')
  const problem = blocks === undefined ? undefined : blocksProblem(list)
  if (problem !== undefined) throw new Refusal(problem)
  return { text: text ?? '', blocks: list }
}

function metadataOf(text: string | undefined): SlackMessage['metadata'] {
  if (text === undefined) return undefined
  const metadata = parsed(text)
  if (typeof metadata?.event_type !== 'string' || typeof metadata.event_payload !== 'object')
    throw new Refusal('invalid_metadata_format')
  return metadata
}

function shownAs({ ts, threadTs, text, metadata, files, isOwn }: SlackMessage, withPayload: boolean): object {
  const payload = withPayload ? metadata : metadata && { event_type: metadata.event_type }
  return {
    ...{ type: 'message', ts, text },
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(isOwn ? { bot_id: 'B1' } : { user: 'U2' }),
    ...(payload === undefined ? {} : { metadata: payload }),
    ...(files.length === 0 ? {} : { files: files.map(({ id }) => ({ id })) }),
  }
}

/** A page by cursor; `oldest` leaves out what is older. */
function page<T extends object>(all: readonly T[], args: Json, name: string, show: (one: T) => object): object {
  const oldest = Number(args.oldest ?? 0)
  const kept = all.filter((one) => !('ts' in one) || Number(one.ts) >= oldest)
  const from = args.cursor === undefined ? 0 : Number(Buffer.from(args.cursor, 'base64').toString())
  const to = from + Math.min(Number(args.limit ?? 100), 999)
  const next = to < kept.length ? Buffer.from(String(to)).toString('base64') : ''
  return { [name]: kept.slice(from, to).map(show), has_more: next !== '', response_metadata: { next_cursor: next } }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
