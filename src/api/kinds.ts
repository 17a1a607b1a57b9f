import { alertReceiver } from './alert-receiver.ts'
import { capacityPolicy } from './capacity-policy.ts'
import { crashAlertRoute } from './crash-alert-route.ts'
import type { Kind } from './kind.ts'
import { silence } from './silence.ts'

/** Every kind of the group, by name. A new kind is one file and one line here. */
export const kinds = {
  AlertReceiver: alertReceiver,
  CapacityPolicy: capacityPolicy,
  CrashAlertRoute: crashAlertRoute,
  Silence: silence,
} as const satisfies { [Name in string]: Kind & { kind: Name } }

export type KindName = keyof typeof kinds
export const allKinds: readonly Kind[] = Object.values(kinds)
/** Those that ask for alerts. A new one is one word here. */
export const policyKinds: readonly Kind[] = [capacityPolicy, crashAlertRoute]
