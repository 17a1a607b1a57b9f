import type { AlertRecord, ThreadRecord } from './notification-log.ts'

/** Keys of alerts that some thread still counts as firing and that are open no more. */
export function unknownEnds(threads: readonly ThreadRecord[], open: readonly AlertRecord[]): string[] {
  const openKeys = new Set(open.map(({ alert }) => alert.key))
  return [...new Set(threads.flatMap(({ told }) => told))].filter((key) => !openKeys.has(key))
}
