/**
 * The receivers that exist right now, who may use them, who does, and when they last delivered. The reconciler of
 * AlertReceiver writes it; policies read it.
 */
import type { ChannelKind } from '../api/channels.ts'
import type { Alert, ReceiverReference, ReceiverUse } from '../model/alert.ts'
import type { DeliveryFailure, Notifier } from './notifier.ts'

/** A namespace that wants to use a receiver. */
export interface NamespaceFacts {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** A receiver's object at one generation; two with the same version do the same. */
export interface VersionedReference extends ReceiverReference {
  readonly version: string
}

/** When a receiver wants to hear of what. */
export interface ReceiverHours {
  /** Whether it ever hears of an alert like this one. */
  takes(alert: Alert): boolean
  /** When its hours begin again; undefined: it hears of this alert now. */
  heldUntilMs(alert: Alert, nowMs: number): number | undefined
}

export const atAnyHour: ReceiverHours = { takes: () => true, heldUntilMs: () => undefined }

export interface Receiver extends VersionedReference {
  readonly channel: ChannelKind
  readonly notifier: Notifier
  readonly hours: ReceiverHours
  /** A sign of life is sent this often; absent: none. */
  readonly heartbeatMs?: number
  /** Whether another namespace may use it, and there that channel in place of its own; its own namespace always may. */
  isSharedWith(namespace: NamespaceFacts, slackChannel?: string): boolean
}

type Known = Receiver | (VersionedReference & { readonly rejected: string })

export type ReceiverProblem = 'Missing' | 'NotShared' | 'ChannelNotShared' | 'NotAccepted'

export type Resolution =
  | { readonly receiver: Receiver }
  | { readonly problem: ReceiverProblem; readonly reference: ReceiverReference; readonly message: string }

/** Told when a receiver came, changed or went. */
type ChangeListener = (receiver: ReceiverReference) => void
/** Told when a receiver's users, or how its last delivery went, changed. */
type UseListener = (receiver: ReceiverReference) => void

export class Receivers {
  readonly #known = new Map<string, Known>()
  readonly #users = new Map<string, readonly ReceiverReference[]>()
  readonly #deliveredMs = new Map<string, number>()
  readonly #failures = new Map<string, DeliveryFailure>()
  readonly #changeListeners: ChangeListener[] = []
  readonly #useListeners: UseListener[] = []

  set(receiver: Receiver): void {
    this.#change(receiver)
  }

  /** The object exists but cannot be used, and why. */
  reject(reference: VersionedReference, why: string): void {
    this.#change({ ...reference, rejected: why })
  }

  delete(reference: ReceiverReference): void {
    this.#deliveredMs.delete(keyOf(reference))
    this.#failures.delete(keyOf(reference))
    if (this.#known.delete(keyOf(reference))) this.#tellChange(reference)
  }

  onChange(listener: ChangeListener): void {
    this.#changeListeners.push(listener)
  }

  /** Whether there is such an object, be it rejected. */
  isKnown(reference: ReceiverReference): boolean {
    return this.#known.has(keyOf(reference))
  }

  /** Undefined where it does not exist or cannot be used. */
  get(reference: ReceiverReference): Receiver | undefined {
    const known = this.#known.get(keyOf(reference))
    return known === undefined || 'rejected' in known ? undefined : known
  }

  /** Those that can be used. */
  all(): Receiver[] {
    return [...this.#known.values()].flatMap((known) => ('rejected' in known ? [] : [known]))
  }

  onUse(listener: UseListener): void {
    this.#useListeners.push(listener)
  }

  resolve({ slackChannel, ...reference }: ReceiverUse, user: NamespaceFacts): Resolution {
    const key = keyOf(reference)
    const known = this.#known.get(key)
    const problem = (kind: ReceiverProblem, message: string) => ({ problem: kind, reference, message })
    if (known === undefined) {
      return problem('Missing', `AlertReceiver ${key} does not exist: create it or correct the reference`)
    }
    if ('rejected' in known) return problem('NotAccepted', `AlertReceiver ${key} is not accepted: ${known.rejected}`)
    if (reference.namespace === user.name) return { receiver: known }
    if (!known.isSharedWith(user)) {
      const advice = 'its spec.share must select that namespace'
      return problem('NotShared', `AlertReceiver ${key} is not shared with namespace ${user.name}: ${advice}`)
    }
    if (slackChannel !== undefined && !known.isSharedWith(user, slackChannel)) {
      const advice = 'its spec.share.slackChannels must have a pattern for it'
      return problem('ChannelNotShared', `AlertReceiver ${key} is not shared for channel ${slackChannel}: ${advice}`)
    }
    return { receiver: known }
  }

  /** Says which receivers a policy names; an empty list when it is gone. */
  use(policyKey: string, references: readonly ReceiverReference[]): void {
    const before = this.#users.get(policyKey) ?? []
    if (references.length === 0) this.#users.delete(policyKey)
    else this.#users.set(policyKey, references)
    const [had, has] = [before.map(keyOf), references.map(keyOf)]
    const changed = [
      ...before.filter((one) => !has.includes(keyOf(one))),
      ...references.filter((one) => !had.includes(keyOf(one))),
    ]
    for (const reference of changed) this.#tellUse(reference)
  }

  /** The policies that name a receiver, by key. */
  usersOf(reference: ReceiverReference): string[] {
    const key = keyOf(reference)
    const names = ([, references]: [string, readonly ReceiverReference[]]) =>
      references.some((one) => keyOf(one) === key)
    return [...this.#users].filter(names).map(([policyKey]) => policyKey)
  }

  /** How a delivery went: one that was not taken has its reason. */
  delivered(reference: ReceiverReference, atMs: number, failure?: DeliveryFailure): void {
    const key = keyOf(reference)
    if (failure === undefined) this.#deliveredMs.set(key, atMs)
    const isNews = failure === undefined || this.#failures.get(key) !== failure
    if (failure === undefined) this.#failures.delete(key)
    else this.#failures.set(key, failure)
    if (isNews) this.#tellUse(reference)
  }

  /** Why the last delivery was not taken; undefined: it was, or there was none. */
  lastFailure(reference: ReceiverReference): DeliveryFailure | undefined {
    return this.#failures.get(keyOf(reference))
  }

  lastDeliveryMs(reference: ReceiverReference): number | undefined {
    return this.#deliveredMs.get(keyOf(reference))
  }

  #change(next: Known): void {
    const before = this.#known.get(keyOf(next))
    this.#known.set(keyOf(next), next)
    if (before?.version !== next.version) this.#tellChange(next)
  }

  #tellChange(reference: ReceiverReference): void {
    for (const listener of this.#changeListeners) listener(reference)
  }

  #tellUse(reference: ReceiverReference): void {
    for (const listener of this.#useListeners) listener(reference)
  }
}

function keyOf(reference: ReceiverReference): string {
  return `${reference.namespace}/${reference.name}`
}
