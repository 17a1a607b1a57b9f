/** Which policies there are, so that alerts of one that is gone do not stay open for ever. */
import type { Kind, Resource } from '../api/kind.ts'
import type { KindReconciler, ObjectIdentity } from './kind-reconciler.ts'

export class KnownPolicies {
  readonly #uids = new Set<string>()
  readonly #onGone: (policyUid: string) => void

  /** `onGone` is told after the policy's own reconciler was. */
  constructor(onGone: (policyUid: string) => void) {
    this.#onGone = onGone
  }

  /** Also a policy that was never accepted is known. */
  has(policyUid: string): boolean {
    return this.#uids.has(policyUid)
  }

  track<K extends Kind>(reconciler: KindReconciler<K>): KindReconciler<K> {
    return {
      kind: reconciler.kind,
      reconcile: (object: Resource<K>, signal) => {
        this.#uids.add(object.metadata.uid)
        return reconciler.reconcile(object, signal)
      },
      forget: async (object: ObjectIdentity) => {
        await reconciler.forget(object)
        this.#uids.delete(object.uid)
        this.#onGone(object.uid)
      },
    }
  }
}
