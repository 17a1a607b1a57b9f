/** The last accepted version of each policy, kept in the notification log: it works on over restarts while a later one is rejected. */
import { z } from 'zod'
import type { AcceptedVersion } from './policy-conditions.ts'

/** Small facts by name; a process that does not lead knows none and keeps none. */
export interface FactStore {
  remember(name: string, value: string | undefined): void
  recall(prefix: string): ReadonlyMap<string, string>
}

const prefix = 'accepted '

export class AcceptedVersions {
  readonly #facts: FactStore

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

  forget(policyUid: string): void {
    this.#facts.remember(prefix + policyUid, undefined)
  }

  /** Policies that went while nobody looked. */
  forgetGone(isKnown: (policyUid: string) => boolean): void {
    const uids = [...this.#facts.recall(prefix).keys()].map((name) => name.slice(prefix.length))
    for (const uid of uids) if (!isKnown(uid)) this.forget(uid)
  }
}
