/** What another program told of the cluster's pods before Dogwatch began. */
import type { ToldRestarts } from '../../store/crash-history.ts'
import type { PodMemory } from './sighting.ts'

/** As if Dogwatch had told it: undefined for a pod of which nothing was. */
export function toldBefore(
  restarts: readonly ToldRestarts[],
): (pod: { readonly namespace: string; readonly name: string }) => PodMemory | undefined {
  const pods = new Map<string, Record<string, { readonly ended: number }>>()
  for (const { namespace, pod, container, restartCount } of restarts) {
    const key = `${namespace}/${pod}`
    pods.set(key, { ...pods.get(key), [container]: { ended: restartCount } })
  }
  return ({ namespace, name }) => {
    const containers = pods.get(`${namespace}/${name}`)
    return containers && { containers }
  }
}
