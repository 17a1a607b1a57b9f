import { alertReceiver } from './alert-receiver.ts'
import { capacityPolicy } from './capacity-policy.ts'
import type { Kind } from './kind.ts'
import { silence } from './silence.ts'

/** Every kind of the group, by name. A new kind is one file and one line here. */
export const kinds = {
  AlertReceiver: alertReceiver,
  CapacityPolicy: capacityPolicy,
  Silence: silence,
} as const satisfies { [Name in string]: Kind & { kind: Name } }

export type KindName = keyof typeof kinds
export const allKinds: readonly Kind[] = Object.values(kinds)
