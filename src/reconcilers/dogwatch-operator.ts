/** The operator of Dogwatch's kinds: hands each object to its kind's reconciler and writes back what it says, when that changed. */
import { isDeepStrictEqual } from 'node:util'
import type { ResourceEvent } from '@dot-i/k8s-operator'
import type { Kind, Resource } from '../api/kind.ts'
import { Operator, type OperatorDependencies } from '../controller/operator.ts'
import type { KindReconciler } from './kind-reconciler.ts'

export interface DogwatchOperatorOptions extends OperatorDependencies {
  // biome-ignore lint/suspicious/noExplicitAny: reconcilers of different kinds stand in one list
  readonly reconcilers: readonly KindReconciler<any>[]
  /** Set: only this namespace is watched. */
  readonly watchNamespace: string | undefined
  /** Whether this process is the one that writes; while it is not, what a status should say is not written. */
  readonly mayWrite: () => boolean
}

/** Changes that come together make one write. */
const statusDelayMs = 250

export class DogwatchOperator extends Operator {
  readonly #options: DogwatchOperatorOptions
  readonly #abort = new AbortController()

  constructor(options: DogwatchOperatorOptions) {
    super(options)
    this.#options = options
  }

  /** Has a policy or receiver looked at again soon: what its status says may have changed. */
  refresh(kind: Kind, key: string): void {
    this.requestReconcile(kind.plural, key, statusDelayMs)
  }

  /** The same for every object of a kind. */
  refreshAll(kind: Kind): void {
    for (const key of this.keysOf(kind.plural)) this.refresh(kind, key)
  }

  /** Writes every status that is still to be written. */
  flush(): Promise<void> {
    return this.settle()
  }

  override async stop(): Promise<void> {
    this.#abort.abort()
    await super.stop()
  }

  protected override async init(): Promise<void> {
    const { reconcilers, watchNamespace } = this.#options
    for (const reconciler of reconcilers) {
      const { group, version, plural } = reconciler.kind
      await this.watchResource(group, version, plural, (event) => this.#handle(reconciler, event), watchNamespace)
    }
  }

  async #handle(reconciler: KindReconciler, event: ResourceEvent): Promise<void> {
    const object = event.object as unknown as Resource<Kind>
    if (isDeletion(event)) return reconciler.forget(object.metadata)
    const status = await reconciler.reconcile(object, this.#abort.signal)
    const isNews = !isDeepStrictEqual(withoutAbsent(status), object.status ?? {})
    if (isNews && this.#options.mayWrite()) await this.setResourceStatus(event.meta, status)
  }
}

function isDeletion({ type }: ResourceEvent): boolean {
  return `${type}` === 'DELETED'
}

/** As it comes back from the API server: without members that are undefined. */
function withoutAbsent(status: unknown): unknown {
  return JSON.parse(JSON.stringify(status))
}
