import { crashNode } from './crash-node.ts'
import { crashedContainer } from './crashed-container.ts'
import { lastWord } from './last-word.ts'
import type { EnrichPart } from './part.ts'
import { podEvents } from './pod-events.ts'
import { previousLog } from './previous-log.ts'
import { wantedEnd } from './wanted-end.ts'
import { workloadChanges } from './workload-changes.ts'

/** All that is found out about a crash; what the first ones find is told first. */
export const enrichParts: readonly EnrichPart[] = [
  previousLog,
  lastWord,
  workloadChanges,
  wantedEnd,
  podEvents,
  crashedContainer,
  crashNode,
]
