/** Which days go. Days go whole and by name, so that a mistake in a pattern can never remove more. */
import type { CrashRetention } from '../crash-history.ts'
import { endOfIndexMs } from './index-names.ts'

export interface DayIndex {
  readonly name: string
  readonly records: number
  /** On disk, copies included. */
  readonly bytes: number
}

/**
 * Of indices that are ours: those whose last moment is too old, then the oldest until the rest is small enough. The newest
 * stays, however large it is: it is being written.
 */
export function indicesToRemove(
  indices: readonly DayIndex[],
  prefix: string,
  { maxAgeMs, maxBytes }: CrashRetention,
  nowMs: number,
): readonly DayIndex[] {
  const days = indices
    .map((index) => ({ index, endMs: endOfIndexMs(prefix, index.name) }))
    .filter((day): day is { index: DayIndex; endMs: number } => day.endMs !== undefined)
    .sort((a, b) => a.endMs - b.endMs)
  let bytes = days.reduce((sum, { index }) => sum + index.bytes, 0)
  const removed: DayIndex[] = []
  for (const [position, { index, endMs }] of days.entries()) {
    const isTooOld = endMs <= nowMs - maxAgeMs
    const isTooMuch = bytes > maxBytes && position < days.length - 1
    if (!isTooOld && !isTooMuch) continue
    removed.push(index)
    bytes -= index.bytes
  }
  return removed
}
