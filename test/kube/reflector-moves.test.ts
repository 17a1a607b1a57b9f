import { expect } from 'chai'
import { type ErrorCode, OperatorError } from '../../src/base/errors.ts'
import { ApiError } from '../../src/kube/api-error.ts'
import {
  afterProbe,
  listsInPages,
  type Move,
  nextMove,
  type Outcome,
  type Position,
  startPosition,
} from '../../src/kube/reflector-moves.ts'

const watching: Position = { ...startPosition, resourceVersion: '100' }
const syncing: Position = startPosition
const paging: Position = { ...startPosition, syncBy: 'pages' }

const failed = (error: unknown, wasOpen = false): Outcome => ({ end: 'failed', error, wasOpen })
const coded = (code: ErrorCode, wasOpen = false): Outcome => failed(new OperatorError(code, code), wasOpen)
const http = (status: number): Outcome => failed(new ApiError('API_SERVER', String(status), { status, reason: '' }))
const throttled = failed(new OperatorError('API_THROTTLED', 'slow down', { retryAfterMs: 7000 }))

interface Row {
  name: string
  here: Position
  outcome: Outcome
  cause: Move['cause']
  resumes: boolean
  wait?: Move['wait']
  syncBy?: Position['syncBy']
}

const rows: Row[] = [
  { name: 'a clean end', here: watching, outcome: { end: 'closed', isShort: false }, cause: 'closed', resumes: true },
  {
    name: 'a watch that ends at once, empty',
    here: watching,
    outcome: { end: 'closed', isShort: true },
    cause: 'short',
    resumes: true,
    wait: 'backoff',
  },
  { name: 'a watch past its time', here: watching, outcome: { end: 'overdue' }, cause: 'overdue', resumes: true },
  {
    name: 'a silent watch, server not behind',
    here: watching,
    outcome: { end: 'silent' },
    cause: 'silent',
    resumes: true,
  },
  {
    name: 'a silent watch, server behind',
    here: watching,
    outcome: { end: 'behind' },
    cause: 'rollback',
    resumes: false,
  },
  { name: 'an expired version', here: watching, outcome: coded('API_EXPIRED', true), cause: 'expired', resumes: false },
  {
    name: 'an expired version during a sync',
    here: syncing,
    outcome: coded('API_EXPIRED'),
    cause: 'expired',
    resumes: false,
    wait: 'backoff',
  },
  {
    name: 'throttling',
    here: watching,
    outcome: throttled,
    cause: 'throttled',
    resumes: true,
    wait: { atLeastMs: 7000 },
  },
  {
    name: 'bytes that are no events',
    here: watching,
    outcome: coded('STREAM_MALFORMED', true),
    cause: 'malformed',
    resumes: false,
    wait: 'backoff',
  },
  {
    name: 'a broken connection',
    here: watching,
    outcome: coded('API_UNREACHABLE', true),
    cause: 'broken',
    resumes: true,
    wait: 'backoff',
  },
  {
    name: 'a connection that cannot be made',
    here: watching,
    outcome: coded('API_UNREACHABLE'),
    cause: 'unreachable',
    resumes: false,
    wait: 'backoff',
  },
  {
    name: 'no answer in time',
    here: watching,
    outcome: coded('API_TIMEOUT'),
    cause: 'unreachable',
    resumes: false,
    wait: 'backoff',
  },
  { name: '503', here: watching, outcome: http(503), cause: 'unreachable', resumes: false, wait: 'backoff' },
  { name: '500', here: watching, outcome: http(500), cause: 'server-error', resumes: true, wait: 'backoff' },
  {
    name: 'refused credentials',
    here: watching,
    outcome: coded('API_UNAUTHORIZED'),
    cause: 'unauthorized',
    resumes: true,
    wait: 'backoff',
  },
  {
    name: 'a missing right',
    here: watching,
    outcome: coded('API_FORBIDDEN'),
    cause: 'forbidden',
    resumes: true,
    wait: 'backoff',
  },
  {
    name: 'a kind that is gone',
    here: watching,
    outcome: coded('API_NOT_FOUND'),
    cause: 'absent',
    resumes: false,
    wait: 'backoff',
  },
  {
    name: 'a WatchList that is refused',
    here: syncing,
    outcome: coded('API_INVALID'),
    cause: 'unsupported',
    resumes: false,
    syncBy: 'pages',
  },
  {
    name: 'a WatchList that stays silent',
    here: syncing,
    outcome: { end: 'silent' },
    cause: 'unsupported',
    resumes: false,
    syncBy: 'pagesOnce',
  },
  {
    name: 'a WatchList that ends early',
    here: syncing,
    outcome: { end: 'closed', isShort: false },
    cause: 'unsupported',
    resumes: false,
    wait: 'backoff',
    syncBy: 'pagesOnce',
  },
  {
    name: 'a list that is refused',
    here: paging,
    outcome: coded('API_INVALID'),
    cause: 'server-error',
    resumes: false,
    wait: 'patient',
    syncBy: 'pages',
  },
  {
    name: 'a finished list',
    here: { ...paging, resourceVersion: '5' },
    outcome: { end: 'listed' },
    cause: 'listed',
    resumes: true,
    syncBy: 'pages',
  },
  {
    name: 'a finished list after a WatchList that did not end',
    here: { ...watching, syncBy: 'pagesOnce' },
    outcome: { end: 'listed' },
    cause: 'listed',
    resumes: true,
    syncBy: 'stream',
  },
]

describe('nextMove', () => {
  for (const { name, here, outcome, cause, resumes, wait = 'none', syncBy = here.syncBy } of rows) {
    it(`${name}: ${resumes ? 'resumes' : 'full sync'}`, () => {
      const move = nextMove(here, outcome)
      expect(move.cause).to.equal(cause)
      expect(move.next.resourceVersion).to.equal(resumes ? here.resourceVersion : undefined)
      expect(move.wait).to.deep.equal(wait)
      expect(move.next.syncBy).to.equal(syncBy)
    })
  }

  it('says that the objects went with their kind', () => {
    expect(nextMove(watching, coded('API_NOT_FOUND')).isGone).to.equal(true)
    expect(nextMove(watching, coded('API_FORBIDDEN')).isGone).to.equal(undefined)
  })

  it('doubts the history after a broken connection, until a full sync', () => {
    const broken = nextMove(watching, coded('API_UNREACHABLE', true)).next
    expect(broken.isDoubted).to.equal(true)
    expect(nextMove(broken, coded('API_FORBIDDEN')).next.isDoubted).to.equal(true)
    expect(nextMove(broken, { end: 'behind' }).next).to.include({ resourceVersion: undefined, isDoubted: false })
    expect(nextMove(watching, { end: 'closed', isShort: false }).next.isDoubted).to.equal(false)
  })

  it('fetches in one piece after two lists whose pages expired', () => {
    const once = nextMove(paging, coded('API_EXPIRED')).next
    const twice = nextMove(once, coded('API_EXPIRED')).next
    expect([listsInPages(paging), listsInPages(once), listsInPages(twice)]).to.deep.equal([true, true, false])
    expect(listsInPages(nextMove({ ...twice, resourceVersion: '9' }, { end: 'listed' }).next)).to.equal(true)
  })

  it('does not resume for ever at a place that brings nothing', () => {
    let here = watching
    let attempts = 0
    while (here.resourceVersion !== undefined && attempts < 100) {
      here = nextMove(here, { end: 'closed', isShort: true }).next
      attempts += 1
    }
    expect(attempts).to.equal(5)
    expect(here.fruitless).to.equal(0)
  })
})

describe('afterProbe', () => {
  it('takes a server that is behind for one that was rolled back', () => {
    expect(afterProbe(watching, '99').end).to.equal('behind')
    expect(afterProbe(watching, '100').end).to.equal('silent')
    expect(afterProbe(watching, '1000').end).to.equal('silent')
  })

  it('draws no conclusion from what it cannot compare', () => {
    expect(afterProbe(watching, 'x').end).to.equal('silent')
    expect(afterProbe(watching, '').end).to.equal('silent')
  })
})
