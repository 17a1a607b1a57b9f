/** What the judgement of a policy brings to light: one thing to tell about one number of one object. */
import type { CapacityScope } from '../../api/capacity-policy.ts'
import type { JudgeEvent } from './judge.ts'
import type { Measurement } from './measurement.ts'
import type { WatchedPolicy, WatchedRule } from './watched-policy.ts'

/** An object by what it is and where; `uid` tells it from an earlier one of the same name. */
export interface ObjectIdentity {
  readonly kind: CapacityScope
  /** Of a pod. */
  readonly namespace?: string
  /** For a pool the value of its label; for the cluster `cluster`. */
  readonly name: string
  readonly uid?: string
}

/** The number that is judged: of which object, of which resource, and for a quota of which. */
export interface Subject extends ObjectIdentity {
  readonly resource: string
  readonly quota?: string
}

export const clusterName = 'cluster'

/** Why an alert ends although nobody measured that it is over. */
export const closeReasons = {
  ObjectGone: 'it is gone',
  ObjectReplaced: 'another one of the same name took its place',
  PodEnded: 'the pod has ended',
  NodeGone: 'its node is gone',
  NotSelected: 'the policy no longer selects it',
  RuleRemoved: 'the rule was removed from the policy',
  RuleChanged: 'the rule now measures something else',
  PolicyDeleted: 'the policy was deleted',
} as const

export type CloseReason = keyof typeof closeReasons

export interface Finding {
  readonly event: JudgeEvent | 'close'
  /** With `close`. */
  readonly closeReason?: CloseReason
  readonly policy: WatchedPolicy
  readonly rule: WatchedRule
  readonly subject: Subject
  /** With `close` the last that was known; absent where a restart came between. */
  readonly measurement?: Measurement
  readonly sinceMs: number
  readonly atMs: number
}
