/**
 * What a reflector does after a stream ends, as a table of facts without I/O.
 *
 * | state    | what happens there                                   | an error there                                       |
 * |----------|------------------------------------------------------|------------------------------------------------------|
 * | syncing  | a watch that begins with the whole state (WatchList) | gathered objects are dropped; the live ones stay     |
 * | paging   | the same by a list, where WatchList is refused       | likewise; a page that expired starts the list again  |
 * | watching | events from a known resourceVersion on               | resumed there, unless the history is in doubt        |
 * | probing  | a silent stream, or one whose connection broke:      | the history is in doubt                              |
 * |          | asks the server how far it is                        |                                                      |
 * | waiting  | back-off, or the wait that the server asked for      |                                                      |
 *
 * The history is in doubt, so that a full sync follows, when the resourceVersion expired, when bytes were not
 * understood, when the server is behind what it told before (etcd was restored), and after any failed attempt to reconnect: behind
 * an outage etcd may have been restored and have caught up, which no resourceVersion can show.
 */
import { hasCode } from '../base/errors.ts'
import { ApiError } from './api-error.ts'
import { isOlderResourceVersion } from './resource-version.ts'

/** Where a reflector stands between two attempts. */
export interface Position {
  /** Where the next watch resumes; absent when a full sync comes next. */
  readonly resourceVersion: string | undefined
  /** `pages` where the server refuses WatchList, `pagesOnce` where it only did not finish one. */
  readonly syncBy: 'stream' | 'pagesOnce' | 'pages'
  /** Lists whose later pages expired, in a row: after two, the list is fetched in one piece. */
  readonly expiredPages: number
  /** Attempts in a row that brought nothing: no event, no bookmark, no page. */
  readonly fruitless: number
  /** The server is asked how far it is before the next watch: one that knows less than was told would stay silent. */
  readonly isDoubted: boolean
}

export const startPosition: Position = {
  resourceVersion: undefined,
  syncBy: 'stream',
  expiredPages: 0,
  fruitless: 0,
  isDoubted: false,
}

/** How one attempt ended. */
export type Outcome =
  | { readonly end: 'listed' }
  | { readonly end: 'closed'; readonly isShort: boolean }
  | { readonly end: 'overdue' }
  | { readonly end: 'silent' }
  | { readonly end: 'behind' }
  | { readonly end: 'failed'; readonly error: unknown; readonly wasOpen: boolean }

export const causes = [
  'listed',
  'closed',
  'short',
  'overdue',
  'silent',
  'rollback',
  'expired',
  'throttled',
  'malformed',
  'unauthorized',
  'forbidden',
  'absent',
  'unsupported',
  'broken',
  'unreachable',
  'server-error',
] as const
export type Cause = (typeof causes)[number]

export interface Move {
  readonly cause: Cause
  readonly next: Position
  /** `patient`: the server will not change its mind soon. A number: the server's own wish, at least. */
  readonly wait: 'none' | 'backoff' | 'patient' | { readonly atLeastMs: number }
  /** The kind is gone, and its objects with it. */
  readonly isGone?: true
}

const maximumFruitless = 5
const maximumExpiredPages = 2

/** `here` is where the attempt stood at its end. */
export function nextMove(here: Position, outcome: Outcome): Move {
  const move = moveFor(here, outcome)
  const isStuck = move.next.resourceVersion !== undefined && move.next.fruitless >= maximumFruitless
  return isStuck ? { ...move, next: fullSync(move.next) } : move
}

function moveFor(here: Position, outcome: Outcome): Move {
  switch (outcome.end) {
    case 'listed':
      return { cause: 'listed', next: afterList(here), wait: 'none' }
    case 'closed':
      return afterClose(here, outcome.isShort)
    case 'overdue':
      return { cause: 'overdue', next: here, wait: 'none' }
    case 'silent':
      return afterSilence(here)
    case 'behind':
      return { cause: 'rollback', next: fullSync(here), wait: 'none' }
    case 'failed':
      return afterError(here, outcome.error, outcome.wasOpen)
  }
}

function afterList(here: Position): Position {
  return { ...here, syncBy: here.syncBy === 'pagesOnce' ? 'stream' : here.syncBy, expiredPages: 0, fruitless: 0 }
}

function afterClose(here: Position, isShort: boolean): Move {
  if (isSyncing(here)) return { cause: 'unsupported', next: paging(here, 'pagesOnce'), wait: 'backoff' }
  if (isShort) return { cause: 'short', next: barren(here), wait: 'backoff' }
  return { cause: 'closed', next: here, wait: 'none' }
}

/** A WatchList that stays silent: the server may not know it. A watch that stays silent was probed already. */
function afterSilence(here: Position): Move {
  if (isSyncing(here)) return { cause: 'unsupported', next: paging(here, 'pagesOnce'), wait: 'none' }
  return { cause: 'silent', next: barren(here), wait: 'none' }
}

function afterError(here: Position, error: unknown, wasOpen: boolean): Move {
  if (hasCode(error, 'API_EXPIRED')) return afterExpiry(here)
  if (hasCode(error, 'STREAM_MALFORMED')) return { cause: 'malformed', next: fullSync(here), wait: 'backoff' }
  if (hasCode(error, 'API_THROTTLED')) {
    return { cause: 'throttled', next: here, wait: { atLeastMs: error.retryAfterMs ?? 0 } }
  }
  // Not patient: an API server that has just started refuses everybody until it has read its roles.
  if (hasCode(error, 'API_FORBIDDEN')) return { cause: 'forbidden', next: here, wait: 'backoff' }
  if (hasCode(error, 'API_UNAUTHORIZED', 'CREDENTIALS')) return { cause: 'unauthorized', next: here, wait: 'backoff' }
  if (hasCode(error, 'API_NOT_FOUND')) return { cause: 'absent', next: fullSync(here), wait: 'backoff', isGone: true }
  if (hasCode(error, 'API_INVALID')) return afterRefusal(here)
  if (isOutage(error)) return afterOutage(here, wasOpen)
  return { cause: 'server-error', next: barren(here), wait: 'backoff' }
}

/** A sync that expires at once would loop: it waits. */
function afterExpiry(here: Position): Move {
  const next = { ...fullSync(here), expiredPages: here.syncBy === 'stream' ? 0 : here.expiredPages + 1 }
  return { cause: 'expired', next, wait: isSyncing(here) ? 'backoff' : 'none' }
}

function afterRefusal(here: Position): Move {
  if (isSyncing(here) && here.syncBy === 'stream') {
    return { cause: 'unsupported', next: paging(here, 'pages'), wait: 'none' }
  }
  return { cause: 'server-error', next: fullSync(here), wait: 'patient' }
}

function afterOutage(here: Position, wasOpen: boolean): Move {
  if (wasOpen) return { cause: 'broken', next: { ...barren(here), isDoubted: true }, wait: 'backoff' }
  return { cause: 'unreachable', next: fullSync(here), wait: 'backoff' }
}

/** The server, or what stands before it, is not there; 500 and 429 come from a server that is. */
function isOutage(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 502 || error.status === 503
  return hasCode(error, 'API_UNREACHABLE', 'API_TIMEOUT')
}

function isSyncing(here: Position): boolean {
  return here.resourceVersion === undefined
}

function fullSync(here: Position): Position {
  return { ...here, resourceVersion: undefined, fruitless: 0, isDoubted: false }
}

function paging(here: Position, syncBy: Position['syncBy']): Position {
  return { ...fullSync(here), syncBy }
}

function barren(here: Position): Position {
  return { ...here, fruitless: here.fruitless + 1 }
}

/** Whether the next list asks for pages, or for everything in one piece. */
export function listsInPages(here: Position): boolean {
  return here.expiredPages < maximumExpiredPages
}

/** What a probe of the server's own resourceVersion says about a silent stream. */
export function afterProbe(here: Position, serverVersion: string): Outcome {
  const mine = here.resourceVersion
  return mine !== undefined && isOlderResourceVersion(serverVersion, mine) ? { end: 'behind' } : { end: 'silent' }
}
