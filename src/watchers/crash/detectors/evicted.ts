import { heard } from '../words.ts'
import type { Detector } from './detector.ts'

/** By the kubelet, for want of something on the node or because the pod took more than it may. A drain is no such eviction. */
export const evicted: Detector = {
  ofPod: ({ reason, message, disruption, startedMs = 0 }) => {
    if (reason !== 'Evicted') return undefined
    return {
      cause: `evicted by the kubelet: ${heard(message ?? 'it does not say why')}`,
      atMs: disruption?.sinceMs ?? startedMs,
      begin: '',
      kind: 'once',
    }
  },
}
