import { startWords } from '../words.ts'
import { type Detector, waitingSinceMs } from './detector.ts'

/** A container of which not even the first instruction ran. */
const startFailures: readonly (string | undefined)[] = ['StartError', 'ContainerCannotRun']
/** The kubelet cannot make or start it; the last leaves an ended run behind, which is told instead. */
const waits: Readonly<Record<string, 'lasting' | 'state'>> = {
  CreateContainerConfigError: 'lasting',
  CreateContainerError: 'lasting',
  PreCreateHookError: 'lasting',
  PreStartHookError: 'lasting',
  PostStartHookError: 'state',
  RunContainerError: 'state',
}

export const config: Detector = {
  ofRun: ({ end }) => {
    if (!startFailures.includes(end.reason)) return undefined
    return `cannot be started: ${startWords(end.message ?? `exit code ${end.exitCode}`)}`
  },
  ofWaiting: (waiting) => {
    const kind = waits[waiting.reason]
    if (kind === undefined) return undefined
    const why = startWords(waiting.message ?? waiting.reason)
    return {
      cause: `cannot be started: ${why}`,
      atMs: waitingSinceMs(waiting),
      begin: waiting.container.restartCount,
      kind,
    }
  },
}
