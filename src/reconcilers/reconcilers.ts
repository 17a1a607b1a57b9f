/** Every kind's reconciler. The compiler asks for one per kind of src/api. */
import type { KindName, kinds } from '../api/kinds.ts'
import { type AlertReceiverSurroundings, createAlertReceiverReconciler } from './alert-receiver/reconciler.ts'
import { type CapacityPolicySurroundings, createCapacityPolicyReconciler } from './capacity-policy/reconciler.ts'
import { type CrashAlertRouteSurroundings, createCrashAlertRouteReconciler } from './crash-alert-route/reconciler.ts'
import type { KindReconciler } from './kind-reconciler.ts'
import type { KnownPolicies } from './known-policies.ts'
import { createSilenceReconciler, type SilenceSurroundings } from './silence.ts'

export interface ReconcilerSurroundings
  extends AlertReceiverSurroundings,
    SilenceSurroundings,
    CapacityPolicySurroundings,
    CrashAlertRouteSurroundings {
  readonly policies: KnownPolicies
}

type Factories = {
  readonly [Name in KindName]: (surroundings: ReconcilerSurroundings) => KindReconciler<(typeof kinds)[Name]>
}

/** In the order in which they first run: receivers come before the policies that name them, silences before anything is told. */
const factories: Factories = {
  AlertReceiver: createAlertReceiverReconciler,
  Silence: createSilenceReconciler,
  CapacityPolicy: (surroundings) => surroundings.policies.track(createCapacityPolicyReconciler(surroundings)),
  CrashAlertRoute: (surroundings) => surroundings.policies.track(createCrashAlertRouteReconciler(surroundings)),
}

// biome-ignore lint/suspicious/noExplicitAny: reconcilers of different kinds stand in one list
export function createReconcilers(surroundings: ReconcilerSurroundings): KindReconciler<any>[] {
  return Object.values(factories).map((create) => create(surroundings))
}
