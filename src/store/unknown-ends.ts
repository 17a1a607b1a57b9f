import type { AlertRecord, LogState } from './notification-log.ts'

/** Keys of alerts that are open no more and that some thread still counts as firing, or will once its delivery is finished. */
export function unknownEnds(
  { threads, unfinished }: Pick<LogState, 'threads' | 'unfinished'>,
  open: readonly AlertRecord[],
): string[] {
  const openKeys = new Set(open.map(({ alert }) => alert.key))
  const told = [...threads, ...unfinished.flatMap(({ after }) => after ?? [])].flatMap((thread) => thread.told)
  return [...new Set(told)].filter((key) => !openKeys.has(key))
}
