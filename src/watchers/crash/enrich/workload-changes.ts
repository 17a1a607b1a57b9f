/** What changed in the workload since its last good revision, and who made it. All crashes of a revision share the answer. */
import type { OwnerReferenceObject } from '../pod-object.ts'
import { changeFacts, lastChange } from './change-facts.ts'
import { listRevisions } from './list-revisions.ts'
import type { EnrichPart } from './part.ts'

const kinds = ['ReplicaSet', 'StatefulSet', 'DaemonSet']

export const workloadChanges: EnrichPart = {
  what: 'changes',
  withinMs: 5_000,
  isFor: ({ pod }) => pod !== undefined,
  find: async ({ client, pod, podNow, recall, redactor, sighting, workload }) => {
    const { metadata } = await podNow()
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
    if (pod === undefined || owner?.uid === undefined || !kinds.includes(owner.kind)) return {}
    const labels = metadata.labels ?? {}
    const query = { namespace: pod.namespace, owner: { kind: owner.kind, name: owner.name, uid: owner.uid }, labels }
    const key = `changes ${owner.uid} ${labels['controller-revision-hash'] ?? ''}`
    const known = await recall(key, async (signal) => {
      const revisions = await listRevisions(client, query, signal)
      return revisions && { change: lastChange(revisions.all, revisions.current), maker: revisions.maker }
    })
    const { change, maker } = known ?? {}
    // Whose workload is the maker itself knows it already.
    const made = maker === undefined || workload.kind !== owner.kind ? [] : [makerFact(owner, maker)]
    const changed = change === undefined ? [] : changeFacts(change, { crashMs: sighting.atMs, redactor })
    return { facts: [...made, ...changed] }
  },
}

function makerFact({ kind, name }: OwnerReferenceObject, maker: OwnerReferenceObject): string {
  const from = maker.apiVersion === undefined ? '' : ` (${maker.apiVersion})`
  return `${kind} ${name} is made by ${maker.kind} ${maker.name}${from}.`
}
