/** One accepted CrashAlertRoute on its way to the watcher: its receivers are found, its scope is settled. */
import type { CrashAlertRouteSpec } from '../../api/crash-alert-route.ts'
import type { NamespaceFilter } from '../../api/selector.ts'
import type { PolicyReference, ReceiverUse } from '../../model/alert.ts'
import type { CrashNamespace } from './crash-namespace.ts'

/** Where a namespace's own wish for a Slack channel leads. */
export type ChannelAnswer = 'Allowed' | 'NotShared' | 'NoSlack'

export interface WatchedCrashLine {
  readonly name: string
  readonly namespaces: NamespaceFilter | undefined
  /** Those that can be used. Empty: the operator's own console. */
  readonly receivers: readonly ReceiverUse[]
}

export interface WatchedCrashRoute {
  readonly reference: PolicyReference
  readonly generation: number
  readonly spec: CrashAlertRouteSpec
  /** Set: the route sees this namespace alone, whatever its spec says. */
  readonly onlyNamespace: string | undefined
  /** In the order in which they are tried. */
  readonly lines: readonly WatchedCrashLine[]
  /** Where crashes go that no line matches: those that can be used. Empty: the operator's own console. */
  readonly receivers: readonly ReceiverUse[]
  /** Whether that namespace may have its crashes sent to this channel by that receiver, as things stand now. */
  readonly channelAnswer: (namespace: CrashNamespace, channel: string, use: ReceiverUse) => ChannelAnswer
}
