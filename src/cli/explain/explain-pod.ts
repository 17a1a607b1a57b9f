import type { NodeFacts } from '../../watchers/capacity/node-facts.ts'
import { createPodProjection, isTerminated, type PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import type { PodExplanation } from './explanation.ts'
import { derivePod } from './pod-steps.ts'

/** Requests and limits of each resource, with the steps that lead there. */
export function explainPod(pod: PodObject, node: NodeFacts | undefined, resources: readonly string[]): PodExplanation {
  const facts = createPodProjection()(pod)
  return {
    kind: 'Pod',
    namespace: facts.namespace,
    name: facts.name,
    ...(facts.nodeName === undefined ? {} : { node: facts.nodeName }),
    ...(node === undefined ? {} : { allocatable: node.allocatable }),
    derivations: resources.flatMap((resource) => [
      derivePod(pod, resource, 'requests'),
      derivePod(pod, resource, 'limits'),
    ]),
    notes: [...countedNote(facts), ...unlimitedNotes(facts, resources)],
  }
}

function countedNote(facts: PodFacts): string[] {
  if (isTerminated(facts)) return [`The pod has ended (${facts.phase}): it counts nowhere.`]
  if (facts.nodeName === undefined) return ['The pod waits for a node: it counts on none.']
  return facts.isDeleting ? ['The pod is being deleted, and counts until its containers have ended.'] : []
}

function unlimitedNotes({ resources: { unbounded } }: PodFacts, resources: readonly string[]): string[] {
  return [...unbounded]
    .filter(([resource]) => resources.includes(resource))
    .map(([resource, names]) => `No ${resource} limit: ${names.join(', ')}. The pod can use more than its limits say.`)
}
