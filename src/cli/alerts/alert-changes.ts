/** What changed between two looks at the alerts that fire. */
import type { AlertView } from '../../api/http/alert-views.ts'
import { type Paint, plainPaint } from '../output/color.ts'
import { plainData } from '../output/plain-data.ts'
import { localText, type Now, spanText } from '../output/time.ts'
import { severityStyles } from './alert-listing.ts'

export type AlertChange = 'firing' | 'acknowledged' | 'over'

export interface ChangedAlert {
  readonly change: AlertChange
  readonly alert: AlertView
}

/** In the order in which it came about; what is over stands as it was last seen. */
export function changesBetween(before: readonly AlertView[], after: readonly AlertView[]): ChangedAlert[] {
  const known = new Map(before.map((alert) => [alert.id, alert]))
  const still = new Set(after.map(({ id }) => id))
  const gone = before.filter(({ id }) => !still.has(id)).map((alert) => ({ change: 'over', alert }) as const)
  const changed = after.flatMap((alert): ChangedAlert[] => {
    const earlier = known.get(alert.id)
    if (earlier === undefined) return [{ change: 'firing', alert }]
    const isNew = alert.acknowledged !== undefined && earlier.acknowledged?.at !== alert.acknowledged.at
    return isNew ? [{ change: 'acknowledged', alert }] : []
  })
  return [...gone, ...changed.sort((left, right) => timeOf(left) - timeOf(right))]
}

function timeOf({ alert }: ChangedAlert): number {
  return Date.parse(alert.startedAt)
}

/** `Nov 30 10:00`. */
const timeWidth = 12

/** One line, the severity in front, so that lines can be searched. */
export function changeText(
  { change, alert }: ChangedAlert,
  { now, shortId, paint = plainPaint }: { now: Now; shortId: string; paint?: Paint },
): string {
  const { title, severity, acknowledged, startedAt, endedAt, state } = plainData(alert)
  const at = { firing: startedAt, acknowledged: acknowledged?.at, over: endedAt }[change]
  const time = localText(at === undefined ? now.nowMs : Date.parse(at), now).padEnd(timeWidth)
  if (change === 'firing') {
    return `${time}  ${paint(severityStyles[severity], severity.toUpperCase().padEnd(8))}  ${shortId}  ${title}\n`
  }
  if (change === 'acknowledged') return `${time}  ${'taken'.padEnd(8)}  ${shortId}  ${title}, by ${acknowledged?.by}\n`
  const word = state === 'firing' ? 'over' : state
  const lasted = spanText(
    Math.max(0, (endedAt === undefined ? now.nowMs : Date.parse(endedAt)) - Date.parse(startedAt)),
  )
  return `${time}  ${paint('green', word.padEnd(8))}  ${shortId}  ${title}, after ${lasted}\n`
}
