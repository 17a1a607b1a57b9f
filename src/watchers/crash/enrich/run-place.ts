import type { CrashedContainer } from '../../../model/crash.ts'
import type { PodFacts } from '../pod-facts.ts'
import { type PodObject, statusOf } from './pod-object.ts'

/**
 * Where the kubelet keeps the log of a run: `current` is that of the newest run, also when it has ended; `previous` that of the one
 * before. `gone`: there were others since, and the kubelet gives the logs of two runs only.
 */
export type RunPlace = 'current' | 'previous' | 'gone'

/** `containerId` names the run. */
export function placeOfRun(pod: PodObject, container: string, containerId: string): RunPlace {
  const status = statusOf(pod, container)
  if (status?.state?.terminated?.containerID === containerId) return 'current'
  if (status?.lastState?.terminated?.containerID === containerId) return 'previous'
  return 'gone'
}

/** Where the look that saw the crash found the run. */
export function placeSeen(
  { containers }: PodFacts,
  crashed: CrashedContainer | undefined,
): Exclude<RunPlace, 'gone'> | undefined {
  const { state, lastEnd } = containers.find(({ name }) => name === crashed?.name) ?? {}
  const id = crashed?.containerId
  if (id === undefined) return undefined
  if (state?.kind === 'ended' && state.end.containerId === id) return 'current'
  return lastEnd?.containerId === id ? 'previous' : undefined
}
