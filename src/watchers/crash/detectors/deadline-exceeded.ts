import { heard } from '../words.ts'
import type { Detector } from './detector.ts'

const reasonText = 'DeadlineExceeded'

export const deadlineExceeded: Detector = {
  ofPod: ({ reason, message, deadlineMs, startedMs = 0 }) => {
    if (reason !== reasonText) return undefined
    const atMs = deadlineMs ?? startedMs
    return { cause: `ended by the kubelet: ${heard(message ?? 'it took too long')}`, atMs, begin: '', kind: 'once' }
  },
  ofJob: ({ failure }, { nowMs }) => {
    if (failure?.reason !== reasonText) return undefined
    const { atMs = nowMs, message = 'it took too long' } = failure
    return { cause: `the Job was ended: ${heard(message)}`, atMs, begin: failure.atMs ?? '', kind: 'once' }
  },
}
