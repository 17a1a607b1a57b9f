import type { CrashTelling } from './event-facts.ts'
import { templateDifference } from './template-difference.ts'
import type { Revision } from './template-object.ts'
import { spanWords } from './time-words.ts'

/** A change that is older has hardly to do with a crash; that there was none since does. */
const oldMs = 7 * 86_400_000
const longestFact = 600

/** What is known of a workload's revisions: small, and the same for all its crashes. */
export interface LastChange {
  readonly madeMs: number | undefined
  readonly differences: readonly string[]
  /** Numbers of this revision and of the last good one; the second is absent where there is none. */
  readonly number: number
  readonly before: number | undefined
}

/** `name` is that of the revision of the pod that crashed. */
export function lastChange(revisions: readonly Revision[], name: string): LastChange | undefined {
  const current = revisions.find((revision) => revision.name === name)
  if (current === undefined) return undefined
  const good = lastGood(revisions, current)
  return {
    // A revision that is used again says when it was made, not when.
    madeMs: current.isUsedAgain ? undefined : current.madeMs,
    differences: good === undefined ? [] : templateDifference(good.template, current.template),
    number: current.number,
    before: good?.number,
  }
}

/** One that serves beside the new one; else the one before it. */
function lastGood(revisions: readonly Revision[], current: Revision): Revision | undefined {
  const older = revisions.filter(({ number }) => number < current.number).sort((a, b) => b.number - a.number)
  return older.find(({ isServing }) => isServing) ?? older[0]
}

export function changeFacts(change: LastChange, { crashMs, redactor }: CrashTelling): string[] {
  const { madeMs, differences, number, before } = change
  const age = madeMs === undefined ? undefined : crashMs - madeMs
  const ago = age === undefined || age < 0 ? '' : ` ${spanWords(age)} before`
  if (age !== undefined && age > oldMs) return [`Not changed for ${spanWords(age)}.`]
  if (before === undefined) return ago === '' ? [] : [`Deployed${ago}: there is no earlier revision.`]
  const what = differences.length === 0 ? 'nothing that says why' : differences.join('; ')
  // Before it is cut: half of a secret is known as none.
  const told = redactor.redact(`Changed${ago} (revision ${before} -> ${number}): ${what}`)
  return [`${told.length <= longestFact ? told : `${told.slice(0, longestFact)}…`}.`]
}
