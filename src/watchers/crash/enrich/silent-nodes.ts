import type { Clock } from '../../../base/clock.ts'
import type { SilentNodes } from './part.ts'

const forMs = 30_000
const most = 1_000

/** So that the crashes of a node whose kubelet hangs do not each wait for it, and others for their turn behind them. */
export function createSilentNodes(clock: Clock): SilentNodes {
  const untilMs = new Map<string, number>()
  return {
    has: (node) => (untilMs.get(node) ?? 0) > clock.monotonicMs(),
    add: (node) => {
      untilMs.delete(node)
      untilMs.set(node, clock.monotonicMs() + forMs)
      const [oldest] = untilMs.keys()
      if (untilMs.size > most && oldest !== undefined) untilMs.delete(oldest)
    },
  }
}
