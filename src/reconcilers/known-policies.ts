/** Which policies there are, so that alerts of one that is gone do not stay open for ever. */
import type { Kind, Resource } from '../api/kind.ts'
import type { KindReconciler, ObjectIdentity } from './kind-reconciler.ts'

interface PolicyPlace {
  readonly kind: Kind
  readonly key: string
}

export class KnownPolicies {
  readonly #places = new Map<string, PolicyPlace>()
  readonly #onGone: (policyUid: string) => void

  /** `onGone` is told after the policy's own reconciler was. */
  constructor(onGone: (policyUid: string) => void) {
    this.#onGone = onGone
  }

  /** Also a policy that was never accepted is known. */
  has(policyUid: string): boolean {
    return this.#places.has(policyUid)
  }

  placeOf(policyUid: string): PolicyPlace | undefined {
    return this.#places.get(policyUid)
  }

  track<K extends Kind>(reconciler: KindReconciler<K>): KindReconciler<K> {
    return {
      kind: reconciler.kind,
      reconcile: (object: Resource<K>, signal) => {
        const { uid, namespace, name } = object.metadata
        this.#places.set(uid, { kind: reconciler.kind, key: `${namespace}/${name}` })
        return reconciler.reconcile(object, signal)
      },
      forget: async (object: ObjectIdentity) => {
        await reconciler.forget(object)
        this.#places.delete(object.uid)
        this.#onGone(object.uid)
      },
    }
  }
}
