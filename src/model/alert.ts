/** Values that every part shares about one thing worth telling. Plain data; no behaviour. */

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

/** A cluster object by its name; `namespace` is absent for cluster-scoped objects. */
export interface ObjectReference {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  /** Tells an object from an earlier one of the same name. */
  readonly uid?: string
}

/** The custom resource that asked for an alert. */
export interface PolicyReference extends ObjectReference {
  readonly namespace: string
  readonly uid: string
}

/** `closed`: it ended although nobody measured that it is over, such as when its object is gone. */
export const alertStates = ['firing', 'resolved', 'closed'] as const
export type AlertState = (typeof alertStates)[number]

/** A text too long for a message: the end of a log. Where it is cut, it is cut from the head. */
export interface Attachment {
  readonly name: string
  readonly text: string
}

/**
 * One thing to tell. `key` is its identity for as long as it lasts: the same policy, rule and object give the same key
 * after a restart. `title` is one line; `lines` are the facts below it, most important first.
 */
export interface Alert {
  readonly key: string
  readonly policy: PolicyReference
  readonly rule: string
  readonly severity: Severity
  readonly state: AlertState
  readonly object: ObjectReference
  readonly title: string
  readonly lines: readonly string[]
  /** To match on: silences, inhibition, receivers' grouping. */
  readonly labels: Readonly<Record<string, string>>
  readonly runbookURL?: string
  readonly clusterName?: string
  readonly attachment?: Attachment
  /** What of it is worth telling once more when it changes, such as a reason that became another; absent: nothing. */
  readonly stage?: string
  /** RFC 3339. */
  readonly since: string
  /** When it was last looked at. RFC 3339. */
  readonly at: string
}

/** A receiver as a policy names it. */
export interface ReceiverReference {
  readonly namespace: string
  readonly name: string
}

/** A receiver, and where it shall send what comes this way. */
export interface ReceiverUse extends ReceiverReference {
  readonly slackChannel?: string
}

/** Which alerts make one incident, and when something is said of it. */
export interface Grouping {
  /** The same for all alerts of a group. */
  readonly key: string
  /** How long the first message waits for more of its group. */
  readonly waitMs: number
  /** How long a further message waits for more of its group. */
  readonly intervalMs: number
  /** What still fires is said again after this time; absent: never. */
  readonly repeatMs?: number
  /** How often it is said again; absent: without end. */
  readonly repeatMax?: number
}

/** Where an alert goes. Without receivers it goes to the operator's console. */
export interface AlertRoute {
  readonly receivers: readonly ReceiverUse[]
  readonly grouping: Grouping
}
