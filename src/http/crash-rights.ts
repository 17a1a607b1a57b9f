/**
 * Whose crashes a caller may see. A crash is seen by whoever may get the pods of its namespace; its log, and so a search for words
 * of it, is for those who may get their logs, too: without that, searching would be a way to guess what a log says.
 */
import type { CrashHistory } from '../store/crash-history.ts'
import { type Access, mayForAny, type Right } from './access.ts'
import { Problem } from './problem.ts'

export type NamespaceSource = Pick<CrashHistory, 'namespaces'>

export interface CrashRequest {
  /** Asked for by name. */
  readonly namespace: string | undefined
  readonly searchesText: boolean
}

export interface SeenCrashes {
  /** Undefined: all. */
  readonly namespaces: readonly string[] | undefined
  /** Seen, and left out of the search. */
  readonly unsearched: readonly string[]
}

export function podsOf(namespace: string | undefined): Right {
  return { verb: 'get', group: '', resource: 'pods', namespace }
}

export function podLogsOf(namespace: string | undefined): Right {
  return { ...podsOf(namespace), subresource: 'log' }
}

/** Rejects with a Problem where a namespace is asked for by name and a right in it is missing. */
export async function namespacesToSearch(
  source: NamespaceSource,
  access: Access,
  { namespace, searchesText }: CrashRequest,
): Promise<SeenCrashes> {
  if (namespace !== undefined) {
    await requireIn(access, podsOf(namespace))
    if (searchesText) await requireIn(access, podLogsOf(namespace))
    return { namespaces: [namespace], unsearched: [] }
  }
  const [seesAll, readsAll] = [await access.may(podsOf(undefined)), await access.may(podLogsOf(undefined))]
  if (seesAll && (readsAll || !searchesText)) return { namespaces: undefined, unsearched: [] }
  const known = await source.namespaces()
  if (known.length > mostReviewed) throw new Problem('invalid', tooMany(known.length))
  const seen = seesAll ? known : await thoseWith(access, podsOf, known)
  const readable = readsAll || !searchesText ? seen : await thoseWith(access, podLogsOf, seen)
  return { namespaces: readable, unsearched: seen.filter((name) => !readable.includes(name)) }
}

/** As `access.require`, for whoever has the right everywhere, too. */
export async function requireIn(access: Access, right: Right): Promise<void> {
  if (!(await mayForAny(access, right))) await access.require(right)
}

/** Each costs the API server a review or two, every few seconds that somebody looks. */
const mostReviewed = 1_000

function tooMany(count: number): string {
  return `${count} namespaces have crashes, too many to ask for your rights in each: name one of them (namespace=, or -n)`
}

/** Reviews on their way at a time. */
const atOnce = 16

async function thoseWith(
  access: Access,
  right: (namespace: string) => Right,
  namespaces: readonly string[],
): Promise<string[]> {
  const allowed: string[] = []
  for (let at = 0; at < namespaces.length; at += atOnce) {
    const some = namespaces.slice(at, at + atOnce)
    const answers = await Promise.all(some.map((namespace) => access.may(right(namespace))))
    allowed.push(...some.filter((_, index) => answers[index]))
  }
  return allowed
}
