/** What a failure of the server or of the way to it means, and what to do. Nothing of a request is shown: it holds logs and credentials. */
import type { estypes } from '@elastic/elasticsearch'
import { OperatorError } from '../../base/errors.ts'

/** Of OpenSSL, Node and undici, as they word what went wrong on the way. */
const advice: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /self.signed certificate|unable to verify|unable to get (local )?issuer/i,
    "the server's certificate comes from nobody known: name its authority with --elasticsearch-ca-file",
  ],
  [/does not match certificate/i, "the server's certificate is for another name"],
  [/certificate has expired/i, "the server's certificate has expired"],
  [
    /wrong version number|packet length too long/i,
    'the server speaks no TLS: write http:// where the network is trusted',
  ],
]

const maximumShown = 300

/** A status of the server with what it said, as far as it can be shown. */
export class ElasticsearchAnswer extends Error {
  readonly status: number
  readonly type: string
  readonly retryAfterMs: number | undefined

  constructor(status: number, cause: Partial<estypes.ErrorCause>, retryAfterMs?: number) {
    super(shownReason(cause))
    this.status = status
    this.type = cause.type ?? ''
    this.retryAfterMs = retryAfterMs
  }
}

/** A server quotes what it cannot read: that is cut off, as it may be of a log. */
export function shownReason({ type, reason, caused_by: cause }: Partial<estypes.ErrorCause>): string {
  const inner = cause?.reason === undefined ? '' : `: ${cause.reason}`
  const text = `${reason ?? 'no reason given'}${inner}`.replace(
    /\.? ?(Preview of field|The prefix of the first).*$/s,
    '',
  )
  return `${type ?? 'error'}: ${text}`.slice(0, maximumShown)
}

/** `where` names the server without credentials. Always STORE_UNAVAILABLE but for errors that are on purpose already. */
export function elasticsearchError(error: unknown, where: string): OperatorError {
  if (error instanceof OperatorError) return error
  const retryAfterMs = error instanceof ElasticsearchAnswer ? error.retryAfterMs : undefined
  return new OperatorError('STORE_UNAVAILABLE', `the crash history in Elasticsearch at ${where}: ${textOf(error)}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function textOf(error: unknown): string {
  if (error instanceof ElasticsearchAnswer) return `${meaningOf(error)} (${error.status} ${error.message})`
  const { message } = error as Error
  const known = advice.find(([pattern]) => pattern.test(message))?.[1]
  return (known === undefined ? message : `${known} (${message})`).slice(0, maximumShown)
}

function meaningOf({ status, type, message }: ElasticsearchAnswer): string {
  if (status === 401) return 'the credentials are refused'
  if (type === 'cluster_block_exception' || message.includes('cluster_block_exception'))
    return message.includes('flood-stage') ? "the server's disk is full" : 'an index is blocked'
  if (/maximum .*shards open/.test(message)) return 'the cluster has no room for another index'
  if (status === 403) return 'the account lacks a right'
  if (status === 429) return 'the server is too busy'
  return 'the server cannot do it'
}
