/** What is asked about a crash, as the routes want it that tell it. */
import type { Redactor } from '../../model/redaction.ts'
import type { Investigation } from './crash-engine.ts'
import { defined } from './defined.ts'
import { logWishOf } from './enrich/crash-log.ts'
import type { EnrichRequest } from './enrich/enrichment.ts'
import { placeSeen } from './enrich/run-place.ts'
import type { PodFacts } from './pod-facts.ts'

export interface EnrichSurroundings extends Pick<EnrichRequest, 'isPodThere'> {
  readonly redactorFor: (patterns: readonly string[]) => Redactor
}

/** As much of the log as any of the routes wants; none where one of them lets no log leave the cluster. */
export function enrichRequest(
  { sighting, place, pod, books }: Investigation,
  { redactorFor, isPodThere }: EnrichSurroundings,
): EnrichRequest {
  const settings = books.map(({ route }) => route.spec.logs)
  const wishes = settings.flatMap((logs) => logWishOf(logs) ?? [])
  const isWanted = wishes.length === settings.length
  const logs = {
    tailLines: Math.max(...wishes.map(({ tailLines }) => tailLines)),
    maxBytes: Math.max(...wishes.map(({ maxBytes }) => maxBytes)),
  }
  return {
    ...{ sighting, workload: place.workload, redactor: redactorFor(settings.flatMap(({ redact = [] }) => redact)) },
    ...(isWanted ? { logs } : {}),
    ...(pod === undefined
      ? {}
      : { pod: crashedPod(pod), ...defined({ seenAt: placeSeen(pod, sighting.container), isPodThere }) }),
  }
}

function crashedPod({ namespace, name, uid, nodeName }: PodFacts) {
  return { namespace, name, uid, ...(nodeName === undefined ? {} : { node: nodeName }) }
}
