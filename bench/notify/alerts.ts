import type { Alert, AlertRoute, Grouping, ReceiverReference } from '../../src/model/alert.ts'

const since = '2026-01-01T12:00:05Z'
const policy = {
  kind: 'CapacityPolicy',
  namespace: 'platform',
  name: 'nodes',
  uid: '6f7f0b0e-8d55-4a3c-9e09-7d2f6b1f2a11',
}

export const groupName = (index: number, groups: number): string => `group-${index % groups}`

/** What a capacity policy finds out about a pod, in words of its usual length. Those of one group are `groups` apart. */
export function benchAlert(index: number, groups: number): Alert {
  const name = alertName(index)
  const group = groupName(index, groups)
  return {
    key: `platform/nodes/memory-limit/Pod/${group}/${name}//memory`,
    ...{ policy, rule: 'memory-limit', severity: 'warning', state: 'firing' },
    object: { kind: 'Pod', namespace: group, name },
    title: `Pod ${name}: memory usage at 93.1%, above 80% of its limit`,
    lines: [`1.86 of 2 GiB used in container main, since 12:00:05`, `next: kubectl -n ${group} describe pod ${name}`],
    labels: { namespace: group, resource: 'memory', team: 'platform', workload: `deployment-${index % 10}`, group },
    runbookURL: 'https://runbooks.example/memory-limit',
    clusterName: 'bench',
    since,
    at: new Date().toISOString(),
  }
}

export function benchRoute(
  alert: Alert,
  receivers: readonly ReceiverReference[],
  grouping: Omit<Grouping, 'key'>,
): AlertRoute {
  return { receivers, grouping: { ...grouping, key: `platform/nodes/${alert.labels.group}` } }
}

function alertName(index: number): string {
  return `bench-${String(index).padStart(7, '0')}-pod`
}

/** Which alerts a text names, each once. */
export function namedAlerts(text: string): Set<number> {
  return new Set([...text.matchAll(/bench-(\d{7})-pod/g)].map(([, index]) => Number(index)))
}
