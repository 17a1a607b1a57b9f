/** How it is said what of a crash could not be had: one line for each reason, `log, limits: the pod is gone`. */

/** The name of the part that finds the log. */
export const logPart = 'log'

export interface MissingOf {
  /** The name of a part: without a comma or a colon. */
  readonly what: string
  /** Why. */
  readonly missing?: readonly string[]
}

export function missingLines(findings: readonly MissingOf[]): string[] {
  const all = findings.flatMap(({ what, missing = [] }) => missing.map((why) => ({ what, why })))
  const byReason = Map.groupBy(all, ({ why }) => why)
  return [...byReason].map(([why, same]) => `${same.map(({ what }) => what).join(', ')}: ${why}`)
}

/** Whether one of such lines is about that part. */
export function isMissing(what: string, lines: readonly string[]): boolean {
  return lines.some((line) => line.slice(0, line.indexOf(': ')).split(', ').includes(what))
}
