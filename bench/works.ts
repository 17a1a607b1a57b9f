import type { Work } from './work.ts'
import { capacityNodes } from './works/capacity-nodes.ts'
import { crashLatency } from './works/crash-latency.ts'
import { crashSearch } from './works/crash-search.ts'
import { crashStorm } from './works/crash-storm.ts'
import { firstSync } from './works/first-sync.ts'
import { idle } from './works/idle.ts'
import { judgement } from './works/judgement.ts'
import { notify } from './works/notify.ts'
import { replay } from './works/replay.ts'

/** In the order in which they run: those that need the big cluster first. */
export const works: readonly Work[] = [
  capacityNodes,
  firstSync,
  replay,
  judgement,
  notify,
  crashStorm,
  crashLatency,
  crashSearch,
  idle,
]
