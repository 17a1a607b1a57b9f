import { heard } from '../words.ts'
import type { Detector } from './detector.ts'

export const preempted: Detector = {
  ofPod: ({ reason, message, disruption, startedMs = 0 }) => {
    const isByScheduler = disruption?.reason === 'PreemptionByScheduler'
    if (!isByScheduler && reason !== 'Preempting') return undefined
    const who = isByScheduler ? 'the scheduler' : 'the kubelet'
    const why = (isByScheduler ? disruption.message : message) ?? 'for a pod of higher priority'
    return {
      cause: `ended by ${who} to make room: ${heard(why)}`,
      atMs: disruption?.sinceMs ?? startedMs,
      begin: '',
      kind: 'once',
    }
  },
}
