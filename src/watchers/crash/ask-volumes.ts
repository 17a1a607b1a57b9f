/** Why a pod has not got its volumes, by the kubelet's newest Event about that: a ConfigMap or a Secret that is not there, mostly. */
import type { Clock } from '../../base/clock.ts'
import type { KubeClient } from '../../kube/client.ts'
import { Slots } from '../../kube/slots.ts'
import { listEvents } from './enrich/list-events.ts'
import type { PodFacts } from './pod-facts.ts'

/** Undefined where its Events say nothing of the kind lately. Throws the client's errors. */
export type AskVolumes = (pod: PodFacts, signal: AbortSignal) => Promise<string | undefined>

/** The kubelet tries again every two minutes at last. */
const latelyMs = 5 * 60_000
const mostAtOnce = 2

export function createVolumeAsker(client: KubeClient, clock: Clock): AskVolumes {
  const slots = new Slots(mostAtOnce)
  return async ({ namespace, uid }, signal) => {
    const leave = await slots.take(signal)
    const fieldSelector = `involvedObject.uid=${uid},reason=FailedMount`
    const events = await listEvents(client, { namespace, fieldSelector }, signal).finally(leave)
    const newest = events.toSorted((left, right) => right.lastMs - left.lastMs)[0]
    return newest !== undefined && clock.nowMs() - newest.lastMs < latelyMs ? newest.message : undefined
  }
}
