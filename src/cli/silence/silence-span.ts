import { formatDuration, tryLongDurationMs } from '../../api/duration.ts'
import { OperatorError } from '../../base/errors.ts'
import { momentMs } from '../options/moment.ts'
import { localText, type Now, relativeText } from '../output/time.ts'

/** As people type it. */
export interface SpanOptions {
  readonly for?: string
  readonly until?: string
  readonly from?: string
}

/**
 * Begin and end as a Silence has them. A duration is counted by the API server's clock where it begins now: this computer's
 * may be wrong. Throws INVALID_OPTION.
 */
export function silenceSpan({ for: lasting, until, from }: SpanOptions, now: Now): object {
  if ((lasting === undefined) === (until === undefined)) {
    throw new OperatorError(
      'INVALID_OPTION',
      'say how long: either --for, such as --for 2h, or --until, such as --until 22:00',
    )
  }
  const startMs = from === undefined ? undefined : momentMs('--from', from, now)
  const startsAt = startMs === undefined ? {} : { startsAt: isoTime(startMs) }
  if (until !== undefined) return { ...startsAt, endsAt: endOf(until, now, startMs) }
  const spanMs = tryLongDurationMs(lasting!)
  if (spanMs === undefined || spanMs === 0) {
    throw new OperatorError('INVALID_OPTION', `--for "${lasting}" is not a duration: write 45m, 2h, 1h30m or 3d`)
  }
  return { ...startsAt, duration: formatDuration(spanMs) }
}

/** `22:00` is the first after it begins, which may be tomorrow's. */
function endOf(until: string, now: Now, startMs = now.nowMs): string {
  const endMs = momentMs('--until', until, { ...now, nowMs: Math.max(startMs, now.nowMs) })
  if (endMs > now.nowMs) return isoTime(endMs)
  throw new OperatorError(
    'INVALID_OPTION',
    `--until ${localText(endMs, now)} was ${relativeText(endMs, now.nowMs)}: name a time to come`,
  )
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}
