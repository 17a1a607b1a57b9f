import { type Detector, waitingSinceMs } from './detector.ts'

/** Its runs are crashes already; that the kubelet waits with the next one is a state. */
export const crashLoopBackOff: Detector = {
  ofWaiting: (waiting) => {
    if (waiting.reason !== 'CrashLoopBackOff') return undefined
    const [, pause] = /back-off (\S+) restarting/.exec(waiting.message ?? '') ?? []
    const after = pause === undefined ? 'some time' : pause
    return {
      cause: `keeps ending (${waiting.container.restartCount} restarts); the kubelet starts it again after ${after}`,
      atMs: waitingSinceMs(waiting),
      begin: waiting.container.restartCount,
      kind: 'state',
    }
  },
}
