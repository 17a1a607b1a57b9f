import { OperatorError } from '../base/errors.ts'

/** Hours, minutes, seconds, in this order, each at most once: what Go's duration and CEL's `duration()` read alike. */
export const durationPattern = /^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$/

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** Milliseconds of a duration such as `30s`, `5m` or `1h30m`; undefined when the text is not one. */
export function tryDurationMs(text: string): number | undefined {
  const match = text === '' ? null : durationPattern.exec(text)
  if (match === null) return undefined
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number.parseInt(part ?? '0', 10))
  return hours! * hourMs + minutes! * minuteMs + seconds! * secondMs
}

const dayMs = 24 * hourMs

/** As {@link tryDurationMs}, also with days in front: `7d`, `1d12h`. For what people type. */
export function tryLongDurationMs(text: string): number | undefined {
  const days = /^(\d{1,4})d(.*)$/.exec(text)
  if (days === null) return tryDurationMs(text)
  const restMs = days[2] === '' ? 0 : tryDurationMs(days[2]!)
  return restMs === undefined ? undefined : Number(days[1]) * dayMs + restMs
}

/** As {@link tryDurationMs}; raises INVALID_SPEC when the text is not a duration. */
export function durationMs(text: string): number {
  const parsedMs = tryDurationMs(text)
  if (parsedMs === undefined) {
    throw new OperatorError(
      'INVALID_SPEC',
      `"${text}" is not a duration: write hours, minutes, seconds, as in 1h30m or 45s`,
    )
  }
  return parsedMs
}

/** The shortest writing of a duration, to the second: 5400000 gives `1h30m`, 0 gives `0s`. */
export function formatDuration(totalMs: number): string {
  const hours = Math.floor(totalMs / hourMs)
  const minutes = Math.floor((totalMs % hourMs) / minuteMs)
  const seconds = Math.floor((totalMs % minuteMs) / secondMs)
  const text = [hours > 0 && `${hours}h`, minutes > 0 && `${minutes}m`, seconds > 0 && `${seconds}s`]
    .filter(Boolean)
    .join('')
  return text === '' ? '0s' : text
}
