/**
 * PagerDuty's Events API v2 as its documentation has it: what it refuses, and which incidents are then open.
 *
 * Sources, read on 2026-11-21: developer.pagerduty.com, "Events API v2 Overview" (answers, 512 KB), "Send an Alert Event" (fields,
 * lengths, de-duplication, actions), and the OpenAPI document of the Events API v2 in github.com/PagerDuty/api-schema. Where
 * they leave it open, this server is the stricter one: a limit is kept to the byte, an unknown field is refused.
 */
import {
  type ReceivedRequest,
  type ReceiverAnswer,
  type ReceiverServer,
  startReceiverServer,
} from './receiver-server.ts'

export interface PagerdutyServer extends ReceiverServer {
  /** By dedup_key: how many events each open incident has. */
  readonly open: ReadonlyMap<string, number>
  readonly events: readonly PagerdutyBody[]
}

// biome-ignore lint/suspicious/noExplicitAny: bodies are what strangers send
export type PagerdutyBody = any

const sizeLimitBytes = 512_000
const fields = ['routing_key', 'event_action', 'dedup_key', 'payload', 'images', 'links', 'client', 'client_url']
const payloadFields = ['summary', 'source', 'severity', 'timestamp', 'component', 'group', 'class', 'custom_details']
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/

export async function startPagerdutyServer(routingKey: string): Promise<PagerdutyServer> {
  const open = new Map<string, number>()
  const events: PagerdutyBody[] = []
  const server = await startReceiverServer((request) => {
    const refusal = refusalOf(request, routingKey)
    if (refusal !== undefined) return refusal
    const event = JSON.parse(request.body)
    events.push(event)
    const key = event.dedup_key ?? `generated-${events.length}`
    if (event.event_action === 'trigger') open.set(key, (open.get(key) ?? 0) + 1)
    if (event.event_action === 'resolve') open.delete(key)
    return json(202, { status: 'success', message: 'Event processed', dedup_key: key })
  })
  return Object.defineProperties(server as PagerdutyServer, { open: { value: open }, events: { value: events } })
}

function refusalOf({ method, url, headers, body }: ReceivedRequest, routingKey: string): ReceiverAnswer | undefined {
  if (method !== 'POST' || url !== '/v2/enqueue') return json(404, { status: 'not found', message: 'Not Found' })
  if (!String(headers['content-type']).startsWith('application/json')) return invalid(['Content-Type is not JSON'])
  if (Buffer.byteLength(body) > sizeLimitBytes) return { status: 413, body: 'Request Entity Too Large' }
  const event = parsed(body)
  if (event === undefined) {
    return json(400, {
      status: 'Unrecognized object',
      message: 'Event object format is unrecognized',
      errors: ['JSON parse error'],
    })
  }
  const errors = errorsOf(event, routingKey)
  return errors.length === 0 ? undefined : invalid(errors)
}

function errorsOf(event: PagerdutyBody, routingKey: string): string[] {
  const { routing_key: key, event_action: action, dedup_key: dedupKey, payload } = event
  return [
    ...(key?.length === 32 ? [] : ["Length of 'routing_key' is incorrect (should be 32 characters)"]),
    ...(key?.length !== 32 || key === routingKey ? [] : ['Invalid routing key']),
    ...(['trigger', 'acknowledge', 'resolve'].includes(action) ? [] : ["'event_action' is invalid"]),
    ...(action === 'trigger' || typeof dedupKey === 'string' ? [] : ["'dedup_key' is missing or blank"]),
    ...((dedupKey?.length ?? 0) <= 255 ? [] : ["'dedup_key' is too long (maximum is 255 characters)"]),
    ...unknown(event, fields),
    ...(action === 'trigger' ? payloadErrors(payload) : []),
    ...linkErrors(event.links ?? []),
  ]
}

function payloadErrors(payload: PagerdutyBody): string[] {
  if (payload === undefined) return ["'payload' is missing or blank"]
  const missing = ['summary', 'source', 'severity'].filter((name) => !payload[name])
  const texts = ['summary', 'source', 'component', 'group', 'class']
  return [
    ...missing.map((name) => `'payload.${name}' is missing or blank`),
    ...texts
      .filter((name) => payload[name] !== undefined && typeof payload[name] !== 'string')
      .map((name) => `'payload.${name}' is no string`),
    ...(payload.summary?.length <= 1024 ? [] : ["'payload.summary' is too long (maximum is 1024 characters)"]),
    ...(['critical', 'error', 'warning', 'info'].includes(payload.severity) ? [] : ["'payload.severity' is invalid"]),
    ...(payload.timestamp === undefined || rfc3339.test(payload.timestamp) ? [] : ["'payload.timestamp' is invalid"]),
    ...(isObject(payload.custom_details ?? {}) ? [] : ["'payload.custom_details' is no object"]),
    ...unknown(payload, payloadFields),
  ]
}

function linkErrors(links: PagerdutyBody[]): string[] {
  return links.flatMap(({ href }) => (URL.canParse(href) ? [] : ["'links.href' is no URL"]))
}

function unknown(object: object, known: readonly string[]): string[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => `'${name}' is not known`)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(body: string): PagerdutyBody | undefined {
  try {
    const value = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function invalid(errors: readonly string[]): ReceiverAnswer {
  return json(400, { status: 'invalid event', message: 'Event object is invalid', errors })
}

function json(status: number, value: object): ReceiverAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
