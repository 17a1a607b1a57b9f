/** Who may act, decided from a coordination.k8s.io Lease. Pure: what was seen and the time in, what to do out. */

/** The `spec` of a Lease, as far as it matters. */
export interface LeaseRecord {
  readonly holderIdentity?: string | undefined
  readonly leaseDurationSeconds?: number | undefined
  readonly acquireTime?: string | undefined
  readonly renewTime?: string | undefined
  /** Raised each time another holder takes over: the fencing number of who holds it. */
  readonly leaseTransitions?: number | undefined
}

/**
 * A Lease and when this process first saw it in this state, by its own monotonic clock: another machine's clock is never
 * compared with this one.
 */
export interface LeaseObservation {
  readonly record: LeaseRecord | undefined
  readonly firstSeenMs: number
}

export type LeaseDecision =
  /** There is none, or nobody holds it, or its holder let it run out. */
  | { readonly do: 'take'; readonly epoch: number }
  /** It is ours. */
  | { readonly do: 'renew'; readonly epoch: number }
  | { readonly do: 'wait'; readonly holder: string; readonly forMs: number }

/** Notes what was read. The time of the first sight stays while the record does not change. */
export function observe(
  previous: LeaseObservation | undefined,
  record: LeaseRecord | undefined,
  nowMs: number,
): LeaseObservation {
  const isSame = previous !== undefined && JSON.stringify(previous.record) === JSON.stringify(record)
  return isSame ? previous : { record, firstSeenMs: nowMs }
}

/**
 * The epoch of a Lease that is made anew: seconds since 2023-11-14, so that it is higher than any of an earlier Lease of the
 * same name, and what was fenced by that one stays fenced. `leaseTransitions` has 31 bits.
 */
export function firstEpoch(nowMs: number): number {
  return Math.max(0, Math.floor(nowMs / 1000) - 1_700_000_000)
}

/** `durationMs` is ours, used where the record names none; `firstEpoch` is taken where there is no record. */
export function decideLease(
  observation: LeaseObservation,
  self: { readonly identity: string; readonly durationMs: number; readonly firstEpoch: number },
  nowMs: number,
): LeaseDecision {
  const { record, firstSeenMs } = observation
  const epoch = record?.leaseTransitions ?? 0
  if (record === undefined) return { do: 'take', epoch: self.firstEpoch }
  if (record.holderIdentity === self.identity) return { do: 'renew', epoch }
  if (record.holderIdentity === undefined || record.holderIdentity === '') return { do: 'take', epoch: epoch + 1 }
  const durationMs = record.leaseDurationSeconds === undefined ? self.durationMs : record.leaseDurationSeconds * 1000
  const forMs = firstSeenMs + durationMs - nowMs
  return forMs > 0 ? { do: 'wait', holder: record.holderIdentity, forMs } : { do: 'take', epoch: epoch + 1 }
}

/** The record to write for `take` and `renew`. */
export function nextRecord(
  previous: LeaseRecord | undefined,
  decision: { readonly do: 'take' | 'renew'; readonly epoch: number },
  self: { readonly identity: string; readonly durationMs: number },
  nowText: string,
): LeaseRecord {
  return {
    holderIdentity: self.identity,
    leaseDurationSeconds: Math.max(1, Math.round(self.durationMs / 1000)),
    acquireTime: decision.do === 'take' ? nowText : previous?.acquireTime,
    renewTime: nowText,
    leaseTransitions: decision.epoch,
  }
}
