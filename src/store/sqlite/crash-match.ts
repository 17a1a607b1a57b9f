/**
 * What a crash can be asked for by, as words of the index: so that any mix of words and filters is one question to the index.
 * A scope word is made of letters and digits alone, whatever the name was: it can be no operator and no two names share one.
 */
import type { CrashRecord } from '../../model/crash.ts'
import type { CrashFilter } from '../crash-history.ts'
import { type Phrase, phrasesOf } from '../crash-search.ts'

const scopes = {
  namespace: 'a',
  workload: 'b',
  kindOfWorkload: 'c',
  pod: 'd',
  container: 'e',
  node: 'f',
  reason: 'g',
} as const

/** All that the record can be asked for by. */
export function scopeOf({ namespace, workload, pod, container, node, reason }: CrashRecord): string {
  return [
    scopeWord('namespace', namespace),
    scopeWord('workload', workload.name),
    scopeWord('kindOfWorkload', kindAndName(workload.kind, workload.name)),
    scopeWord('reason', reason),
    ...(pod === undefined ? [] : [scopeWord('pod', pod.name)]),
    ...(container === undefined ? [] : [scopeWord('container', container.name)]),
    ...(node === undefined ? [] : [scopeWord('node', node)]),
  ].join(' ')
}

/** Undefined: all that there is. Null: nothing can match. */
export function matchOf(filter: CrashFilter): string | undefined | null {
  const phrases = phrasesOf(filter.text)
  const anyOf = alternativesOf(filter)
  if (phrases?.length === 0 || anyOf.some((words) => words.length === 0)) return null
  const parts = [...(phrases ?? []).map(phraseMatch), ...anyOf.map(scopeMatch)]
  return parts.length === 0 ? undefined : parts.join(' AND ')
}

function alternativesOf({ namespaces, workload, pod, container, node, reasons }: CrashFilter): (readonly string[])[] {
  return [
    ...(namespaces === undefined ? [] : [namespaces.map((name) => scopeWord('namespace', name))]),
    ...(workload === undefined ? [] : [[workloadWord(workload)]]),
    ...(pod === undefined ? [] : [[scopeWord('pod', pod)]]),
    ...(container === undefined ? [] : [[scopeWord('container', container)]]),
    ...(node === undefined ? [] : [[scopeWord('node', node)]]),
    ...(reasons === undefined ? [] : [reasons.map((reason) => scopeWord('reason', reason))]),
  ]
}

function workloadWord({ kind, name }: NonNullable<CrashFilter['workload']>): string {
  return kind === undefined ? scopeWord('workload', name) : scopeWord('kindOfWorkload', kindAndName(kind, name))
}

function kindAndName(kind: string, name: string): string {
  return `${kind.toLowerCase()}/${name}`
}

/** A letter before it, so that no empty name makes an empty word. Two letters that stand for no others carry what is neither a-z nor 0-9. */
function scopeWord(scope: keyof typeof scopes, value: string): string {
  const escaped = value.replaceAll(/[^0-9a-z]/g, (unit) =>
    unit === '-' ? 'ø' : `þ${unit.charCodeAt(0).toString(16)}þ`,
  )
  return `${scopes[scope]}${escaped}`
}

/** Its words hold letters, digits and marks alone, so no quotation mark can end it early. */
function phraseMatch(phrase: Phrase): string {
  return `{log message cause} : "${phrase.join(' ')}"`
}

function scopeMatch(words: readonly string[]): string {
  return `scope : (${words.map((word) => `"${word}"`).join(' OR ')})`
}
