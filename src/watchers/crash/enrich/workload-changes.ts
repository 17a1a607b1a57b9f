/** What changed in the workload since its last good revision. All crashes of a revision share the answer. */
import { changeFacts, lastChange } from './change-facts.ts'
import { listRevisions } from './list-revisions.ts'
import type { EnrichPart } from './part.ts'

const kinds = ['ReplicaSet', 'StatefulSet', 'DaemonSet']

export const workloadChanges: EnrichPart = {
  what: 'changes',
  withinMs: 5_000,
  isFor: ({ pod }) => pod !== undefined,
  find: async ({ client, pod, podNow, recall, redactor, sighting }) => {
    const { metadata } = await podNow()
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
    if (pod === undefined || owner?.uid === undefined || !kinds.includes(owner.kind)) return {}
    const labels = metadata.labels ?? {}
    const query = { namespace: pod.namespace, owner: { kind: owner.kind, name: owner.name, uid: owner.uid }, labels }
    const key = `changes ${owner.uid} ${labels['controller-revision-hash'] ?? ''}`
    const change = await recall(key, async (signal) => {
      const revisions = await listRevisions(client, query, signal)
      return revisions && lastChange(revisions.all, revisions.current)
    })
    return change === undefined ? {} : { facts: changeFacts(change, { crashMs: sighting.atMs, redactor }) }
  },
}
