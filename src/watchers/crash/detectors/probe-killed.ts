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
/** Events have the kubelet's time, and ends the container runtime's; and both come without fractions. */
const slackMs = 2_000

/**
 * The sighting of a run, with what Events of its pod prove about its end: that a probe ended it, or that the kubelet did for
 * another reason (a hook failed, its definition was changed). Without a proof it stays as it is.
 */
export function explainByEvents(sighting: Sighting, events: readonly KubeletEvent[]): Sighting {
  if (sighting.reason !== 'Error' || sighting.exitCode === undefined) return sighting
  const kill = events.find((event) => isKillOf(event, sighting))
  if (kill === undefined) return sighting
  const [, probe] = probeWords.exec(kill.message) ?? []
  if (kill.message === hookFailure) {
    return { ...sighting, reason: 'Config', cause: 'ended by the kubelet because its postStart hook failed' }
  }
  const end = endName({ exitCode: sighting.exitCode })
  if (probe === undefined) return { ...sighting, cause: `ended by the kubelet, ${end}: ${kill.message}` }
  return { ...sighting, reason: 'ProbeKilled', cause: `ended by the kubelet, its ${probe} probe failed: ${end}` }
}

/** In the time of this very run: an Event of another run proves nothing. */
function isKillOf({ reason, fieldPath, firstMs, lastMs }: KubeletEvent, sighting: Sighting): boolean {
  const { container, startedMs, finishedMs } = sighting
  if (reason !== killing || container === undefined || !isAbout(fieldPath, container.name)) return false
  if (startedMs === undefined || finishedMs === undefined) return false
  return [firstMs, lastMs].some((ms) => ms >= startedMs && ms <= finishedMs + slackMs)
}

function isAbout(fieldPath: string | undefined, container: string): boolean {
  return fieldPath?.endsWith(`{${container}}`) === true
}
