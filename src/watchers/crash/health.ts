/** What it means that all is well, by which an incident is over. */
import type { ContainerFacts, PodFacts } from './pod-facts.ts'
import { isFinished } from './purpose.ts'

/**
 * Whether a container runs and is ready where it should be, or came to its end well; without a name: whether all of the pod's are
 * so, and it is not on its way out. A container that the pod does not have is not well.
 */
export function isHealthy(pod: PodFacts, containerName?: string): boolean {
  if (containerName !== undefined) {
    const container = pod.containers.find(({ name }) => name === containerName)
    return container !== undefined && isContainerHealthy(container)
  }
  if (pod.phase === 'Succeeded') return true
  const isGoing = pod.deletedMs !== undefined || pod.disruption !== undefined
  return pod.phase === 'Running' && !isGoing && pod.containers.every(isContainerHealthy)
}

/** A pod that will not run again: neither well nor ill, its successors show how its workload is. */
export function hasEnded({ phase }: PodFacts): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

function isContainerHealthy(container: ContainerFacts): boolean {
  const { state, role, isReady } = container
  if (state.kind === 'ended') return isFinished(container, state.end)
  return state.kind === 'running' && (isReady || role === 'init')
}
