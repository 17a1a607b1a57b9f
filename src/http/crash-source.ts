/** The crash history as routes ask it: within a time, and for what the caller may see. */
import type { Clock } from '../base/clock.ts'
import { within } from '../base/deadline.ts'
import type { CrashRecord } from '../model/crash.ts'
import type { CrashHistory } from '../store/crash-history.ts'
import type { Access } from './access.ts'
import { mayForAny } from './access.ts'
import { podsOf } from './crash-rights.ts'
import { Problem } from './problem.ts'

export type ReadableHistory = Pick<CrashHistory, 'find' | 'get' | 'top' | 'namespaces'>

export interface CrashParts {
  readonly crashes: ReadableHistory
}

/** The same history, which answers in time or not at all: Problem unavailable. An engine may be far away, or gone. */
export function answeringWithin(history: ReadableHistory, clock: Clock, withinMs: number): ReadableHistory {
  const seconds = withinMs / 1_000
  const words = `the crash history does not answer within ${seconds} s; crashes are kept until it does. Try again, or ask for less`
  const deadline = { clock, withinMs, reason: () => new Problem('unavailable', words, 5_000) }
  return {
    find: (query) => within(history.find(query), deadline),
    get: (id) => within(history.get(id), deadline),
    top: (by, filter, limit) => within(history.top(by, filter, limit), deadline),
    namespaces: () => within(history.namespaces(), deadline),
  }
}

/** The crash of this id, or of this beginning of one. What a caller may not see is not there: he gets the same words. */
export async function findSeenCrash(history: ReadableHistory, id: string, access: Access): Promise<CrashRecord> {
  const crash = await history.get(id)
  if (crash !== undefined && (await mayForAny(access, podsOf(crash.namespace)))) return crash
  const words = `there is no crash ${id} that you may see, or the ids of several begin so; ids are in the list of crashes`
  throw new Problem('notFound', words)
}
