import { heard } from '../words.ts'
import { deadlineExceeded } from './deadline-exceeded.ts'
import type { Detector } from './detector.ts'

/** For any reason but one that has a name of its own. */
export const jobFailed: Detector = {
  ofJob: (job, context) => {
    const { failure } = job
    if (failure === undefined || deadlineExceeded.ofJob?.(job, context) !== undefined) return undefined
    const { atMs = context.nowMs, message = failure.reason } = failure
    return { cause: `the Job gave up: ${heard(message)}`, atMs, begin: failure.atMs ?? '', kind: 'once' }
  },
}
