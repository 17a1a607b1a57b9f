import type { Detector } from './detector.ts'

/** Only for a pod that has not ended; one that is being deleted cannot end either, because nobody is there to end it. */
export const nodeLost: Detector = {
  ofPod: ({ phase, reason, nodeName = 'its node', startedMs = 0 }, { nodeLostSinceMs }) => {
    if (phase === 'Succeeded' || phase === 'Failed') return undefined
    if (nodeLostSinceMs === undefined && reason !== 'NodeLost') return undefined
    const atMs = nodeLostSinceMs ?? startedMs
    return {
      cause: `${nodeName} does not answer, so nobody knows how it is`,
      atMs,
      begin: nodeLostSinceMs ?? '',
      kind: 'lasting',
    }
  },
}
