/** Why an alert is not told to a receiver now. Muting erases nothing: when it ends, what still fires is told. */
import type { Alert } from '../model/alert.ts'

export type Mute =
  /** Its policy rests. */
  | { readonly because: 'suspended' }
  /** A cause of it was told already: its node. */
  | { readonly because: 'inhibited' }
  | { readonly because: 'silenced' }
  | { readonly because: 'outsideHours'; readonly untilMs: number }

/** The stages that hold an alert back, in their order. */
export interface Gates {
  isSuspended(alert: Alert): boolean
  isInhibited(alert: Alert): boolean
  isSilenced(alert: Alert): boolean
  /** When the receiver's hours begin again; undefined: now is within them, or this alert passes at any time. */
  heldUntilMs(alert: Alert, nowMs: number): number | undefined
}

export function muteOf(alert: Alert, gates: Gates, nowMs: number): Mute | undefined {
  if (gates.isSuspended(alert)) return { because: 'suspended' }
  if (gates.isInhibited(alert)) return { because: 'inhibited' }
  if (gates.isSilenced(alert)) return { because: 'silenced' }
  const untilMs = gates.heldUntilMs(alert, nowMs)
  return untilMs === undefined ? undefined : { because: 'outsideHours', untilMs }
}
