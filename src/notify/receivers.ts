/** The receivers that exist right now, and who may use them. The reconciler of AlertReceiver writes it, policies read it. */
import type { ReceiverReference } from '../model/alert.ts'
import type { Notifier } from './notifier.ts'

/** A namespace that wants to use a receiver. */
export interface NamespaceFacts {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Receiver extends ReceiverReference {
  readonly notifier: Notifier
  /** Whether another namespace may use it; its own always may. */
  isSharedWith(namespace: NamespaceFacts): boolean
}

export type ReceiverProblem = 'Missing' | 'NotShared' | 'NotAccepted'

export type Resolution =
  | { readonly receiver: Receiver }
  | { readonly problem: ReceiverProblem; readonly reference: ReceiverReference; readonly message: string }

export class Receivers {
  readonly #known = new Map<string, Receiver | { rejected: string }>()
  readonly #listeners = new Set<() => void>()

  set(receiver: Receiver): void {
    this.#change(keyOf(receiver), receiver)
  }

  /** The object exists but cannot be used, and why. */
  reject(reference: ReceiverReference, why: string): void {
    this.#change(keyOf(reference), { rejected: why })
  }

  delete(reference: ReceiverReference): void {
    if (this.#known.delete(keyOf(reference))) this.#tell()
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  resolve(reference: ReceiverReference, user: NamespaceFacts): Resolution {
    const key = keyOf(reference)
    const known = this.#known.get(key)
    if (known === undefined) {
      return {
        problem: 'Missing',
        reference,
        message: `AlertReceiver ${key} does not exist: create it or correct the reference`,
      }
    }
    if ('rejected' in known) {
      return { problem: 'NotAccepted', reference, message: `AlertReceiver ${key} is not accepted: ${known.rejected}` }
    }
    if (reference.namespace !== user.name && !known.isSharedWith(user)) {
      const message = `AlertReceiver ${key} is not shared with namespace ${user.name}: its spec.share must select that namespace`
      return { problem: 'NotShared', reference, message }
    }
    return { receiver: known }
  }

  #change(key: string, value: Receiver | { rejected: string }): void {
    this.#known.set(key, value)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function keyOf(reference: ReceiverReference): string {
  return `${reference.namespace}/${reference.name}`
}
