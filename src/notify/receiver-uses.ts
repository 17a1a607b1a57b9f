/** The receivers that a policy names: which of them it may use, and what is wrong with the others. */
import type { ReceiverUseSpec } from '../api/receiver-use.ts'
import type { PolicyReference, ReceiverReference, ReceiverUse } from '../model/alert.ts'
import type { NamespaceFacts, Receivers, Resolution } from './receivers.ts'

export interface ReceiverSurroundings {
  /** Absent: the operator reads one namespace only. */
  readonly systemNamespace: string | undefined
  readonly receivers: Receivers
  /** The labels of a namespace; undefined while the namespaces have not been read. */
  readonly namespaceFacts: (name: string) => NamespaceFacts | undefined
}

/** A receiver that may turn out to be shared, once the labels of namespaces are known. */
export interface Pending {
  readonly pending: ReceiverReference
}

/** A receiver as the policy names it, and whether it may be used so. */
export interface ResolvedUse {
  readonly use: ReceiverUse
  readonly resolution: Resolution | Pending
}

/** In the order in which they are written. `own` is the policy's namespace. */
export function resolveUses(
  named: readonly ReceiverUseSpec[] | undefined,
  own: string,
  surroundings: ReceiverSurroundings,
): ResolvedUse[] {
  const uses = (named ?? []).map((one) => useOf(one, own))
  return uses.map((use) => ({ use, resolution: resolveUse(use, own, surroundings) }))
}

export function usable(resolved: readonly ResolvedUse[]): ReceiverUse[] {
  return resolved.flatMap(({ use, resolution }) => ('receiver' in resolution ? [use] : []))
}

/** What a policy is called where receivers count their users: policies of two kinds may share a name. */
export function userKey({ kind, namespace, name }: Pick<PolicyReference, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`
}

function useOf({ name, namespace, slack }: ReceiverUseSpec, own: string): ReceiverUse {
  return { namespace: namespace ?? own, name, ...(slack === undefined ? {} : { slackChannel: slack.channel }) }
}

function resolveUse(
  use: ReceiverUse,
  own: string,
  { receivers, namespaceFacts, systemNamespace }: ReceiverSurroundings,
): Resolution | Pending {
  if (use.namespace === own) return receivers.resolve(use, { name: own, labels: {} })
  if (systemNamespace === undefined) {
    const name = `AlertReceiver ${use.namespace}/${use.name}`
    const message = `${name} cannot be read: this operator reads namespace ${own} alone; create a receiver there`
    return { problem: 'Missing', reference: use, message }
  }
  const user = namespaceFacts(own)
  return user === undefined ? { pending: use } : receivers.resolve(use, user)
}
