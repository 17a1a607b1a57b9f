/**
 * A pod's status says of a container that a probe ended nothing but its exit code. The proof is the kubelet's Event of the kill,
 * so this is told by who has read the Events, and raises an Error.
 */
import type { Sighting } from '../sighting.ts'
import { endName } from '../words.ts'
import type { Detector } from './detector.ts'

/** What has to be known of an Event that is about the pod. */
export interface KubeletEvent {
  readonly reason: string
  readonly message: string
  /** `spec.containers{main}`, as the Event's `involvedObject.fieldPath`. */
  readonly fieldPath?: string | undefined
  /** When it happened, first and last, where it was counted more than once. */
  readonly firstMs: number
  readonly lastMs: number
}

/** The status alone proves nothing, so there is nothing to answer. */
export const probeKilled: Detector = {}

const killing = 'Killing'
/** All that the Event says; the pod's status says more, while it does. */
const hookFailure = 'FailedPostStartHook'
const probeWords = /failed (liveness|startup) probe/
/** Another image, or resources that its resize policy starts it anew for. */
const changeWords = /definition changed|resize requires restart/
/** Events have the kubelet's time, and ends the container runtime's; and both come without fractions. */
const slackMs = 2_000

/**
 * The sighting of a run, with what Events of its pod prove about its end: that a probe ended it, or that the kubelet did for
 * another reason (a hook failed, somebody changed the pod). Without a proof it stays as it is.
 */
export function explainByEvents(sighting: Sighting, events: readonly KubeletEvent[]): Sighting {
  if (sighting.reason !== 'Error' || sighting.exitCode === undefined) return sighting
  const kill = events.find((event) => killTimes(event, sighting).length > 0)
  if (kill === undefined) return sighting
  const [, probe] = probeWords.exec(kill.message) ?? []
  if (kill.message === hookFailure) {
    return { ...sighting, reason: 'Config', cause: 'ended by the kubelet because its postStart hook failed' }
  }
  const end = endName({ exitCode: sighting.exitCode })
  if (probe === undefined) {
    return { ...sighting, cause: `ended by the kubelet, ${end}: ${kill.message}` }
  }
  return { ...sighting, reason: 'ProbeKilled', cause: `ended by the kubelet, its ${probe} probe failed: ${end}` }
}

/** When, by its Events, the kubelet began to end this very run because somebody had changed the pod. */
export function changeKillTimes(sighting: Sighting, events: readonly KubeletEvent[]): number[] {
  return events.filter(({ message }) => changeWords.test(message)).flatMap((event) => killTimes(event, sighting))
}

/** In the time of this very run: an Event of another run proves nothing. */
function killTimes({ reason, message, fieldPath, firstMs, lastMs }: KubeletEvent, sighting: Sighting): number[] {
  const { container, startedMs, finishedMs } = sighting
  if (reason !== killing || container === undefined || !isAbout(fieldPath, container.name)) return []
  if (startedMs === undefined || finishedMs === undefined) return []
  // The kubelet says that it will end a changed container before it does, and often starts the next run in the same second.
  const isOfRun = changeWords.test(message)
    ? (ms: number) => ms > startedMs && ms <= finishedMs
    : (ms: number) => ms >= startedMs && ms <= finishedMs + slackMs
  return [firstMs, lastMs].filter(isOfRun)
}

function isAbout(fieldPath: string | undefined, container: string): boolean {
  return fieldPath?.endsWith(`{${container}}`) === true
}
