import { endWords } from '../words.ts'
import type { Detector } from './detector.ts'

const lost = 'ContainerStatusUnknown'

/** Whatever ended and should not have, of which nothing more is known. */
export const error: Detector = {
  ofRun: ({ end }) => {
    if (end.reason === lost) return 'is gone, and the kubelet does not know how it ended'
    if (end.exitCode === 0) return 'ended with exit code 0, though it should run for ever'
    return endWords(end)
  },
}
