/**
 * The labels by which alerts are told apart wherever people match on them: silences, filters of lists, Alertmanager. The
 * labels of the policy come with them; of the same name, these win.
 */
import type { Alert } from './alert.ts'

/** What each means. A label that an alert does not have is as good as empty. */
export const alertLabels = {
  alertname: "the rule's name, as Alertmanager calls it",
  rule: "the rule's name",
  policy: "the policy's name",
  policyNamespace: "the policy's namespace",
  severity: '`info`, `warning` or `critical`',
  kind: 'the kind of what it is about: `Node`, `Pod`, `Namespace`, `NodePool` or `Cluster`',
  name: 'the name of what it is about',
  namespace:
    'the namespace of what it is about, or its name where it is a namespace; none for nodes, pools and the cluster',
  cluster: 'the name of the cluster, where the operator was told one',
  resource: 'the resource that is short, such as `cpu`; with quotas as the quota calls it, such as `requests.cpu`',
  quota: 'the ResourceQuota',
  node: 'the node',
  pod: 'the pod',
  pool: 'the node pool: the value of the label that makes pools',
  container: 'the container',
  workload: 'the name of what crashed: a Deployment, a Job, or whatever somebody deployed',
  reason: 'why it crashed first, such as `OOMKilled`',
  scope: '`cluster` for what is about the whole cluster',
} as const satisfies Record<string, string>

export type AlertLabel = keyof typeof alertLabels

/**
 * All that can be matched on. The namespace is that of the object alone: nothing that somebody writes in a policy moves an
 * alert to another.
 */
export function matchLabels(alert: Alert): Readonly<Record<string, string>> {
  const { namespace: _, ...labels } = alert.labels
  const { policy, rule, severity, object, clusterName } = alert
  const namespace = namespaceOf(alert)
  return {
    ...labels,
    ...{ alertname: rule, rule, severity, policy: policy.name, policyNamespace: policy.namespace },
    ...{ kind: object.kind, name: object.name },
    ...(namespace === undefined ? {} : { namespace }),
    ...(clusterName === undefined ? {} : { cluster: clusterName }),
  }
}

/** The namespace that an alert is about; undefined for what is in none. */
export function namespaceOf({ object }: Alert): string | undefined {
  return object.namespace ?? (object.kind === 'Namespace' ? object.name : undefined)
}
