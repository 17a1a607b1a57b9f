/** Values that every part shares about one thing worth telling. Plain data; no behaviour. */

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

/** A cluster object by its name; `namespace` is absent for cluster-scoped objects. */
export interface ObjectReference {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** The custom resource that asked for an alert. */
export interface PolicyReference extends ObjectReference {
  readonly namespace: string
  readonly uid: string
}

/** Why a message goes out now. */
export type NotificationReason = 'first' | 'reminder' | 'resolved' | 'closed'

/**
 * One thing to tell. `key` is its identity for as long as it lasts: the same policy, rule and object give the same key
 * after a restart. `title` is one line; `lines` are the facts below it, most important first.
 */
export interface Alert {
  readonly key: string
  readonly policy: PolicyReference
  readonly rule: string
  readonly severity: Severity
  readonly reason: NotificationReason
  readonly object: ObjectReference
  readonly title: string
  readonly lines: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly runbookURL?: string
  readonly clusterName?: string
  /** RFC 3339. */
  readonly since: string
  readonly at: string
}

/** A receiver as a policy names it. */
export interface ReceiverReference {
  readonly namespace: string
  readonly name: string
}
