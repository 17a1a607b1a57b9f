import type { Cluster } from '../../hack/testbed/cluster.ts'

const apiVersion = 'dogwatch.dev/v1alpha1'
const namespace = 'dogwatch-system'

/** A route for every namespace, to one receiver, in place of those of `examples`. */
export async function applyCrashRoute(cluster: Cluster, receiverUrl: string, grouping: object = {}): Promise<void> {
  await cluster.mustKubectl(['delete', 'crashalertroute', '--all', '-A'])
  await cluster.apply([
    {
      ...{ apiVersion, kind: 'AlertReceiver', metadata: { name: 'recorder', namespace } },
      spec: { webhook: { url: receiverUrl } },
    },
    {
      ...{ apiVersion, kind: 'CrashAlertRoute', metadata: { name: 'all', namespace } },
      spec: { receivers: [{ name: 'recorder' }], grouping },
    },
  ])
}

/** What happens from then on is told as it happens, and not as what was there before. */
export async function untilRouteWorks(cluster: Cluster): Promise<void> {
  const args = ['wait', 'crashalertroute/all', '-n', namespace, '--for=condition=Ready', '--timeout=60s']
  await cluster.mustKubectl(args)
}
