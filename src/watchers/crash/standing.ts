/** How a workload's container stands, by all its pods: what the end of an incident is judged by. Pure. */

import { isHealthy } from './health.ts'
import type { IncidentSubject, Standing } from './incident.ts'
import type { PodFacts } from './pod-facts.ts'

/**
 * `well` only where a pod that lives, or one that came to a good end after the last crash, shows it. A pod on its way out
 * shows nothing.
 */
export function standingOf(
  { container, lastMs }: Pick<IncidentSubject, 'container'> & { readonly lastMs: number },
  pods: readonly PodFacts[],
  isTroubled: (pod: PodFacts) => boolean,
): Standing {
  const staying = pods.filter(({ deletedMs }) => deletedMs === undefined)
  const living = staying.filter(({ phase }) => !isOver(phase))
  if (living.some((pod) => !isHealthy(pod, container) || isTroubled(pod))) return 'unwell'
  if (living.length > 0) return 'well'
  if (staying.some((pod) => pod.phase === 'Succeeded' && (endedMs(pod) ?? 0) >= lastMs)) return 'well'
  return staying.length > 0 ? 'ended' : 'gone'
}

function isOver(phase: string): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

function endedMs({ containers }: PodFacts): number | undefined {
  const times = containers.flatMap(({ state }) => (state.kind === 'ended' ? (state.end.finishedMs ?? []) : []))
  return times.length === 0 ? undefined : Math.max(...times)
}
