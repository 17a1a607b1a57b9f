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
