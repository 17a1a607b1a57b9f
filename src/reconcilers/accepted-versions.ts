/** The last accepted version of each policy, kept in the notification log: it works on over restarts while a later one is rejected. */
import { z } from 'zod'
import type { FactStore } from '../watchers/crash/crash-memory.ts'
import type { AcceptedVersion } from './policy-conditions.ts'

const prefix = 'accepted '

export class AcceptedVersions {
  readonly #facts: FactStore
  /** What to do for policies that nothing is known of until the log was read. */
  readonly #waiting = new Map<string, () => void>()

  constructor(facts: FactStore) {
    this.#facts = facts
  }

  keep(policyUid: string, { generation, spec }: AcceptedVersion<unknown>): void {
    this.#facts.remember(prefix + policyUid, JSON.stringify({ generation, spec }))
  }

  /** Undefined also where the kind has changed so that this spec is none any more. */
  of<Spec>(policyUid: string, spec: z.ZodType): AcceptedVersion<Spec> | undefined {
    const text = this.#facts.recall(prefix + policyUid).get(prefix + policyUid)
    if (text === undefined) return undefined
    const kept = z.object({ generation: z.int(), spec }).safeParse(JSON.parse(text))
    return kept.success ? (kept.data as AcceptedVersion<Spec>) : undefined
  }

  /** `act` is to be done when the log was read; undefined: there is nothing to do any more. */
  whenRead(policyUid: string, act: (() => void) | undefined): void {
    if (act === undefined) this.#waiting.delete(policyUid)
    else this.#waiting.set(policyUid, act)
  }

  /** The log was read: before anything is told, what was accepted goes to work. */
  read(): void {
    const acts = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const act of acts) act()
  }

  forget(policyUid: string): void {
    this.#waiting.delete(policyUid)
    this.#facts.remember(prefix + policyUid, undefined)
  }

  /** Policies that went while nobody looked. */
  forgetGone(isKnown: (policyUid: string) => boolean): void {
    const uids = [...this.#facts.recall(prefix).keys()].map((name) => name.slice(prefix.length))
    for (const uid of uids) if (!isKnown(uid)) this.forget(uid)
  }
}
