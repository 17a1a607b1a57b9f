/**
 * One active process among several, through a Lease. `acquireLease` waits until this process may act; the held lease
 * renews itself, and aborts `lost` as soon as that can no longer be vouched for: when it was not renewed for `renewWithinMs`,
 * which is shorter than the time after which another process may take it.
 */
import type { Clock } from '../base/clock.ts'
import { errorText, hasCode, OperatorError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { KubeClient } from './client.ts'
import {
  decideLease,
  firstEpoch,
  type LeaseDecision,
  type LeaseObservation,
  type LeaseRecord,
  nextRecord,
  observe,
} from './lease-decision.ts'
import { microTime } from './micro-time.ts'
import { createObject, getObject, type NewObject, replaceObject } from './writer.ts'

export interface LeaseTiming {
  /** How long a holder that is gone blocks the others. */
  readonly durationMs: number
  /** A holder that could not renew for this long stops acting. */
  readonly renewWithinMs: number
  readonly retryMs: number
}

export const defaultLeaseTiming: LeaseTiming = { durationMs: 15_000, renewWithinMs: 10_000, retryMs: 2_000 }

export interface LeaseOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly namespace: string
  readonly name: string
  /** Unique among all processes that compete. */
  readonly identity: string
  readonly timing?: LeaseTiming
  /** Awaited, while waiting for the lease, each time that another process is seen to hold it. */
  readonly onHeldByOther?: () => Promise<void>
}

export interface HeldLease {
  /** Rises with each change of holder: whoever writes under a lower number lost the lease. */
  readonly epoch: number
  /** Aborted when the lease is lost, and when it is released. */
  readonly lost: AbortSignal
  /** To be asked before what must not happen twice: after a pause of the process `lost` may come late, this never does. */
  isHeld(): boolean
  /** Lets the next process in at once. */
  release(signal: AbortSignal): Promise<void>
}

const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' }

/** Resolves when the lease is ours; rejects only with the signal's reason. Failures on the way are logged and retried. */
export async function acquireLease(options: LeaseOptions, signal: AbortSignal): Promise<HeldLease> {
  const candidate = new Candidate(options)
  for (;;) {
    const epoch = await candidate.tryOnce(signal)
    if (epoch !== undefined) return hold(options, candidate, epoch)
    if (candidate.isHeldByOther) await options.onHeldByOther?.()
    await options.clock.sleep(candidate.retryMs, signal)
  }
}

function hold(options: LeaseOptions, candidate: Candidate, epoch: number): HeldLease {
  const { clock, logger, name, namespace } = options
  const { renewWithinMs } = options.timing ?? defaultLeaseTiming
  const lost = new AbortController()
  logger.info({ component: 'lease', namespace, name, epoch }, 'Lease acquired')
  const lose = (reason: string) => {
    if (lost.signal.aborted) return
    logger.error({ component: 'lease', namespace, name, reason }, 'Lease lost')
    lost.abort(new OperatorError('SHUTTING_DOWN', `lease ${namespace}/${name} was lost: ${reason}`))
  }
  const renewing = keepRenewing({ options, candidate, epoch, lost: lost.signal, lose })
  return {
    epoch,
    lost: lost.signal,
    isHeld: () => !lost.signal.aborted && candidate.lastWrittenMs + renewWithinMs > clock.monotonicMs(),
    async release(signal) {
      const wasLost = lost.signal.aborted
      lost.abort(new OperatorError('SHUTTING_DOWN', `lease ${namespace}/${name} was released`))
      await renewing
      if (!wasLost) await candidate.release(microTime(clock.nowMs()), signal)
    },
  }
}

/** Who holds the lease now; undefined where nobody does. */
export async function leaseHolder(
  client: KubeClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { spec } = await getObject(client, { type: leases, namespace, name }, signal)
    return (spec as LeaseRecord | undefined)?.holderIdentity || undefined
  } catch (error) {
    if (hasCode(error, 'API_NOT_FOUND')) return undefined
    throw error
  }
}

interface Holding {
  readonly options: LeaseOptions
  readonly candidate: Candidate
  readonly epoch: number
  readonly lost: AbortSignal
  readonly lose: (reason: string) => void
}

/** Runs until `lost` is aborted; never throws. The deadline runs all the time, so that it trips at once after a pause of the process. */
async function keepRenewing({ options, candidate, epoch, lost, lose }: Holding): Promise<void> {
  const { clock } = options
  const { renewWithinMs, retryMs } = options.timing ?? defaultLeaseTiming
  const arm = () => {
    const leftMs = candidate.lastWrittenMs + renewWithinMs - clock.monotonicMs()
    return clock.after(Math.max(0, leftMs), () => lose(`not renewed within ${renewWithinMs} ms`))
  }
  let deadline = arm()
  try {
    while (!lost.aborted) {
      await clock.sleep(retryMs, lost)
      const now = await candidate.tryOnce(lost)
      if (candidate.isHeldByOther || (now !== undefined && now !== epoch)) lose('another process took it')
      if (now !== epoch) continue
      deadline.cancel()
      deadline = arm()
    }
  } catch (error) {
    lose(errorText(error))
  } finally {
    deadline.cancel()
  }
}

/** Reads the Lease, decides, writes. */
class Candidate {
  readonly #options: LeaseOptions
  readonly #timing: LeaseTiming
  #observation: LeaseObservation | undefined
  #decision: LeaseDecision | undefined
  #object: NewObject | undefined
  #lastWrittenMs = 0
  #lastNews = ''

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#timing = options.timing ?? defaultLeaseTiming
  }

  get retryMs(): number {
    return this.#timing.retryMs
  }

  get isHeldByOther(): boolean {
    return this.#decision?.do === 'wait'
  }

  /** When the last successful write was sent: nobody can take the lease before that plus its duration. */
  get lastWrittenMs(): number {
    return this.#lastWrittenMs
  }

  /** The epoch when the lease is ours after this; undefined when it is not, or when nobody could be asked. */
  async tryOnce(signal: AbortSignal): Promise<number | undefined> {
    const { clock, identity } = this.#options
    try {
      await this.#read(signal)
      const self = { identity, durationMs: this.#timing.durationMs, firstEpoch: firstEpoch(clock.nowMs()) }
      const decision = decideLease(this.#observation!, self, clock.monotonicMs())
      this.#decision = decision
      if (decision.do === 'wait') {
        this.#logNews('info', { holder: decision.holder }, 'Lease is held by another process; waiting')
        return undefined
      }
      await this.#write(nextRecord(this.#observation?.record, decision, self, microTime(clock.nowMs())), signal)
      this.#lastNews = ''
      return decision.epoch
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const isRace = hasCode(error, 'API_CONFLICT')
      if (!isRace) this.#logNews('warn', { error: errorText(error) }, 'Lease cannot be read or written')
      return undefined
    }
  }

  /** Once, however often it is tried. */
  #logNews(level: 'info' | 'warn', fields: { readonly [field: string]: string }, message: string): void {
    const news = JSON.stringify(fields)
    if (news === this.#lastNews) return
    this.#lastNews = news
    const { logger, namespace, name } = this.#options
    logger[level]({ component: 'lease', namespace, name, ...fields }, message)
  }

  async release(nowText: string, signal: AbortSignal): Promise<void> {
    const record = this.#observation?.record
    if (record?.holderIdentity !== this.#options.identity) return
    await this.#write({ ...record, holderIdentity: '', leaseDurationSeconds: 1, renewTime: nowText }, signal)
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { client, clock, namespace, name } = this.#options
    const found = await getObject(client, { type: leases, namespace, name }, signal).catch((error) => {
      if (hasCode(error, 'API_NOT_FOUND')) return undefined
      throw error
    })
    this.#object = found as NewObject | undefined
    this.#observation = observe(this.#observation, found?.spec as LeaseRecord | undefined, clock.monotonicMs())
  }

  async #write(record: LeaseRecord, signal: AbortSignal): Promise<void> {
    const { client, clock, namespace, name } = this.#options
    const sentMs = clock.monotonicMs()
    const fresh = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace, name } }
    const object = { ...(this.#object ?? fresh), spec: record }
    const write = this.#object === undefined ? createObject : replaceObject
    const written = await write(client, leases, object, signal)
    this.#object = written as NewObject
    this.#observation = observe(this.#observation, written.spec as LeaseRecord, clock.monotonicMs())
    this.#lastWrittenMs = sentMs
  }
}
