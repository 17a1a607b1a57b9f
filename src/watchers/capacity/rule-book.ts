/**
 * What one rule remembers: a case for each number that is not simply fine. What is fine and known has no case, so
 * that a rule over fifty thousand pods remembers the few that matter.
 */
import type { CloseReason, Finding, ObjectIdentity, Subject } from './finding.ts'
import { type FiringVerdict, judge, nextCheckAtMs, okVerdict, type Verdict } from './judge.ts'
import { isAbove, type Measurement } from './measurement.ts'
import { type Measured, objectKeyOf, type Target } from './targets.ts'
import type { WatchedPolicy, WatchedRule } from './watched-policy.ts'

export interface Case {
  readonly subject: Subject
  readonly verdict: Verdict
  /** The last number that was known. */
  readonly measurement: Measurement | undefined
}

export type Tell = (finding: Finding) => void

/** The cases of one object, one for each number: an array, because most objects have one and there can be very many. */
type Slots = readonly Case[]

export class RuleBook {
  readonly rule: WatchedRule
  readonly #policy: WatchedPolicy
  readonly #tell: Tell
  readonly #cases = new Map<string, Slots>()
  #visited: Set<string> | undefined
  #nextCheckAtMs: number | undefined

  constructor(policy: WatchedPolicy, rule: WatchedRule, tell: Tell) {
    this.#policy = policy
    this.rule = rule
    this.#tell = tell
  }

  get cases(): readonly Case[] {
    return [...this.#cases.values()].flat()
  }

  /** What fires, as it would be found now; undefined where it does not fire or its number is not known. */
  describe(subject: Subject, nowMs: number): Finding | undefined {
    for (const { subject: known, verdict, measurement } of this.#cases.get(objectKeyOf(subject)) ?? []) {
      if (!isSameNumber(known, subject) || verdict.phase !== 'Firing') continue
      if (verdict.isUnknown || measurement === undefined) return undefined
      return { event: 'raise', ...this.#about(known, verdict, nowMs), measurement }
    }
    return undefined
  }

  /** Judges all numbers of an object; a number that it no longer has is closed. */
  settle(target: Target, nowMs: number): void {
    const slots = this.#cases.size === 0 ? undefined : this.#cases.get(target.key)
    const measured = target.measure(this.rule, () => slots?.map(({ subject }) => subject.resource) ?? [])
    if (slots === undefined && measured.every(({ measurement }) => this.#isFine(measurement))) return
    const { key } = target
    this.#visited?.add(key)
    const identity = target.identify()
    if (slots !== undefined) this.#closeStrangers(key, slots, { identity, measured, nowMs })
    for (const one of measured) this.#settleOne(key, identity, one, nowMs)
  }

  /** Ends all cases of an object; whoever was told of one is told why. */
  close(key: string, reason: CloseReason, nowMs: number): void {
    const slots = this.#cases.get(key)
    if (slots === undefined) return
    for (const known of slots) this.#closeCase(key, known, { reason, nowMs })
  }

  closeAll(reason: CloseReason, nowMs: number): void {
    for (const key of [...this.#cases.keys()]) this.close(key, reason, nowMs)
  }

  /** From here on, objects with a case that are settled are noted ... */
  beginRound(): void {
    this.#visited = new Set()
  }

  /** ... and those that were not are given back. */
  endRound(): string[] {
    const visited = this.#visited ?? new Set()
    this.#visited = undefined
    return [...this.#cases.keys()].filter((key) => !visited.has(key))
  }

  /** Takes over what another book, or the notification log, knew. */
  restore(key: string, known: Case): void {
    this.#put(key, known)
  }

  entries(): [string, Case][] {
    return [...this.#cases].flatMap(([key, slots]) => slots.map((known): [string, Case] => [key, known]))
  }

  /** When to call `due` next: never later than a case can change by itself, at times earlier. */
  get nextCheckAtMs(): number | undefined {
    return this.#nextCheckAtMs
  }

  /** Keys of the objects with a case whose time has come; the caller settles them. */
  due(nowMs: number): string[] {
    if (this.#nextCheckAtMs === undefined || this.#nextCheckAtMs > nowMs) return []
    this.#nextCheckAtMs = undefined
    const keys = new Set<string>()
    for (const [key, slots] of this.#cases) {
      for (const known of slots) if (this.#noteNextCheck(known) <= nowMs) keys.add(key)
    }
    return [...keys]
  }

  #noteNextCheck({ verdict }: Case): number {
    const atMs = nextCheckAtMs(verdict, this.rule) ?? Number.POSITIVE_INFINITY
    if (atMs < (this.#nextCheckAtMs ?? Number.POSITIVE_INFINITY)) this.#nextCheckAtMs = atMs
    return atMs
  }

  #isFine(measurement: Measurement): boolean {
    return measurement.isKnown && !measurement.isAtLeast && !isAbove(measurement, this.rule.abovePercent)
  }

  #settleOne(key: string, identity: ObjectIdentity, one: Measured, nowMs: number): void {
    const { measurement } = one
    const known = this.#cases.get(key)?.find(({ subject }) => isSameNumber(subject, one))
    const previous = known?.verdict ?? okVerdict
    const { verdict, event } = judge(previous, { thresholds: this.rule, measurement, nowMs })
    const subject = known?.subject ?? subjectOf(identity, one)
    const latest = measurement.isKnown ? measurement : known?.measurement
    if (verdict.phase === 'Ok' && !verdict.isUnknown) this.#delete(key, subject)
    else this.#put(key, { subject, verdict, measurement: latest })
    if (event === undefined) return
    const told = verdict.phase === 'Firing' ? verdict : (previous as FiringVerdict)
    this.#tell({ event, ...this.#about(subject, told, nowMs), measurement })
  }

  #closeStrangers(
    key: string,
    slots: Slots,
    now: { identity: ObjectIdentity; measured: readonly Measured[]; nowMs: number },
  ): void {
    const { identity, measured, nowMs } = now
    for (const known of slots) {
      const isPresent = measured.some((one) => isSameNumber(known.subject, one))
      if (isAnother(known.subject, identity)) this.#closeCase(key, known, { reason: 'ObjectReplaced', nowMs })
      else if (!isPresent) this.#closeCase(key, known, { reason: 'ObjectGone', nowMs })
    }
  }

  #closeCase(key: string, known: Case, { reason, nowMs }: { reason: CloseReason; nowMs: number }): void {
    const { subject, verdict, measurement } = known
    this.#delete(key, subject)
    if (verdict.phase !== 'Firing') return
    const last = measurement === undefined ? {} : { measurement }
    this.#tell({ event: 'close', closeReason: reason, ...this.#about(subject, verdict, nowMs), ...last })
  }

  #about(subject: Subject, { sinceMs }: FiringVerdict, atMs: number) {
    return { policy: this.#policy, rule: this.rule, subject, sinceMs, atMs }
  }

  #put(key: string, known: Case): void {
    const slots = this.#cases.get(key) ?? []
    const index = slots.findIndex(({ subject }) => isSameNumber(subject, known.subject))
    this.#cases.set(key, index < 0 ? slots.concat(known) : slots.with(index, known))
    this.#noteNextCheck(known)
  }

  #delete(key: string, subject: Subject): void {
    const others = this.#cases.get(key)?.filter((known) => !isSameNumber(known.subject, subject)) ?? []
    if (others.length === 0) this.#cases.delete(key)
    else this.#cases.set(key, others)
  }
}

interface NumberName {
  readonly resource: string
  readonly quota?: string
}

/** Within one object: a resource, and for quotas whose. */
function isSameNumber(one: NumberName, other: NumberName): boolean {
  return one.resource === other.resource && one.quota === other.quota
}

function subjectOf(identity: ObjectIdentity, { resource, quota }: Measured): Subject {
  return { ...identity, resource, ...(quota === undefined ? {} : { quota }) }
}

function isAnother(known: ObjectIdentity, now: ObjectIdentity): boolean {
  return known.uid !== undefined && now.uid !== undefined && known.uid !== now.uid
}
