import { heard } from '../words.ts'
import { type Detector, waitingSinceMs } from './detector.ts'

const waits: readonly string[] = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]

/** One trouble under several names, between which the kubelet changes from try to try. */
export const imagePull: Detector = {
  ofWaiting: (waiting) => {
    if (!waits.includes(waiting.reason)) return undefined
    const { image = 'its image', restartCount } = waiting.container
    const why = heard(waiting.message ?? waiting.reason)
    return { cause: `cannot get ${image}: ${why}`, atMs: waitingSinceMs(waiting), begin: restartCount, kind: 'lasting' }
  },
}
