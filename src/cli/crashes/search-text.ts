/** What a search found: of each crash what it is, and where in its log the words stand. */
import type { CrashView } from '../../api/http/crash-views.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { plainData } from '../output/plain-data.ts'
import { shortIds } from '../output/short-id.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import { wrapLine } from '../output/wrap.ts'
import { crashNotes, emptyText, idLetters } from './crash-listing.ts'
import type { FoundCrashes } from './crash-source.ts'
import { highlight } from './highlight.ts'

export interface SearchTextOptions {
  readonly now: Now
  readonly namespace: string | undefined
  readonly searched: string
  readonly paint?: Paint
  readonly width: number | undefined
}

export function searchText(found: FoundCrashes, options: SearchTextOptions): string {
  const ids = shortIds(
    found.crashes.map(({ id }) => id),
    idLetters,
  )
  const hits = found.crashes.map((crash) => hitText(plainData(crash), { ...options, shortId: ids.get(crash.id) ?? '' }))
  const head = hits.length === 0 ? `${emptyText({ ...options, isFiltered: true })}\n` : hits.join('\n')
  const notes = crashNotes(found).map((note) => `${note}\n`)
  return notes.length === 0 ? head : `${head}\n${notes.join('')}`
}

const defaultWidth = 100

function hitText(crash: CrashView, options: SearchTextOptions & { readonly shortId: string }): string {
  const { now, searched, paint = plainPaint, width = defaultWidth, shortId, namespace } = options
  const atMs = Date.parse(crash.at)
  const name = `${namespace === undefined ? `${crash.namespace}/` : ''}${crash.workload.name}`
  const when = `${localText(atMs, now)} (${relativeText(atMs, now.nowMs)})`
  const lines = (text: string) => wrapLine(`  ${text}`, width).map((line) => highlight(line, searched, paint))
  const told = [crash.cause, ...(crash.message === undefined ? [] : [crash.message])]
  const where = crash.snippet === undefined ? told : [crash.cause, `… ${wholeWords(crash.snippet)} …`]
  const head = `${paint('bold', shortId)}  ${name}  ${paint('red', crash.reason)}  ${when}`
  return [head, ...where.flatMap(lines)].map((line) => `${line}\n`).join('')
}

/** A snippet is cut by characters, so that the words at its ends may be halves. */
function wholeWords(snippet: string): string {
  const line = snippet.replaceAll(/\s+/g, ' ').trim()
  return snippet.length < 150 ? line : line.replace(/^\S{1,30} /, '').replace(/ \S{1,30}$/, '')
}
