/** How a run of the tests ends: what was skipped and why, what was unstable or failed and how, and as the last line the count. */
import type { Failure, JobResult, Skip } from './result.ts'

/** Of a failure's text; the whole of it stands where the test ran. */
const linesOfFailure = 15

export function reportLines(results: readonly JobResult[]): string[] {
  const sum = (pick: (result: JobResult) => number) => results.reduce((total, result) => total + pick(result), 0)
  const bad = results.filter(({ failed }) => failed > 0)
  return [
    ...results.flatMap(({ name, skipped }) => skipLines(name, skipped)),
    ...results.flatMap(unstableLines),
    ...bad.flatMap(failureLines),
    ...bad.map(({ name }) => `FAILED: ${name}`),
    `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed, ${sum(({ skipped }) => skipped.length)} skipped`,
  ]
}

/** One line for each reason. */
function skipLines(job: string, skipped: readonly Skip[]): string[] {
  const byReason = Map.groupBy(skipped, ({ reason }) => reason)
  return [...byReason].map(([reason, skips]) => {
    const titles = skips.map(({ title }) => title)
    return `skipped: ${job}: ${reason}: ${titles.length === 1 ? titles[0] : `${titles.length} tests: ${inOneLine(titles)}`}`
  })
}

/** `a b c` and `a b d` as `a b: c; d`. */
function inOneLine(titles: readonly string[]): string {
  const words = titles.map((title) => title.split(' '))
  const least = Math.min(...words.map(({ length }) => length)) - 1
  let shared = 0
  while (shared < least && words.every((own) => own[shared] === words[0]![shared])) shared++
  const rest = words.map((own) => own.slice(shared).join(' ')).join('; ')
  return shared === 0 ? rest : `${words[0]!.slice(0, shared).join(' ')}: ${rest}`
}

function failureLines({ name, failures }: JobResult): string[] {
  return ['', `== what failed in ${name}`, ...failures.flatMap(failureBlock)]
}

function unstableLines({ name, unstable = [] }: JobResult): string[] {
  if (unstable.length === 0) return []
  return ['', `== UNSTABLE: ${name} failed beside another file, and not by itself`, ...unstable.flatMap(failureBlock)]
}

function failureBlock({ title, text }: Failure): string[] {
  const lines = text.split('\n')
  const more = lines.length - linesOfFailure
  const cut = more > 0 ? [`  ... and ${more} lines more where it ran`] : []
  return ['', `* ${title}`, ...lines.slice(0, linesOfFailure).map((line) => `  ${line}`), ...cut]
}
