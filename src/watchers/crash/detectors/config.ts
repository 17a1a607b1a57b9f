import { oneLine, startWords } from '../words.ts'
import { type Detector, waitingSinceMs } from './detector.ts'

/** A container of which not even the first instruction ran. */
const startFailures: readonly (string | undefined)[] = ['StartError', 'ContainerCannotRun']
/** The kubelet ends a container whose postStart hook failed, and then says so of the next one that it does not start yet. */
const hookFailure = 'PostStartHookError'

/** The kubelet cannot make or start it; the last two leave an ended run behind, which is told instead. */
const waits: Readonly<Record<string, 'lasting' | 'state'>> = {
  CreateContainerConfigError: 'lasting',
  CreateContainerError: 'lasting',
  PreCreateHookError: 'lasting',
  PreStartHookError: 'lasting',
  [hookFailure]: 'state',
  RunContainerError: 'state',
}

export const config: Detector = {
  ofRun: ({ container: { state }, end }) => {
    if (state.kind === 'waiting' && state.reason === hookFailure) {
      return `ended by the kubelet because its postStart hook failed: ${oneLine(state.message ?? hookFailure)}`
    }
    if (!startFailures.includes(end.reason)) return undefined
    return `cannot be started: ${startWords(end.message ?? `exit code ${end.exitCode}`)}`
  },
  ofWaiting: (waiting) => {
    const kind = waits[waiting.reason]
    if (kind === undefined) return undefined
    return {
      cause: `cannot be started: ${startWords(waiting.message ?? waiting.reason)}`,
      atMs: waitingSinceMs(waiting),
      begin: waiting.container.restartCount,
      kind,
    }
  },
}
