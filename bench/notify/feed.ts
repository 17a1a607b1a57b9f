import { setTimeout as sleep } from 'node:timers/promises'

/** Alerts handed over between two looks at the log. */
const atOnce = 500

/** Calls `put` with each index when it is due. */
export async function feedAtRate(alerts: number, perSecond: number, put: (index: number) => void): Promise<void> {
  const startMs = performance.now()
  for (let index = 0; index < alerts; ) {
    const due = Math.min(alerts, Math.floor(((performance.now() - startMs) * perSecond) / 1000) + 1)
    for (; index < due; index++) put(index)
    await sleep(1)
  }
}

/** Calls `put` as fast as `written`, which resolves when all that was put is in the log, allows: two batches are under way. */
export async function feedAsFastAsWritten(
  alerts: number,
  put: (index: number) => void,
  written: () => Promise<void>,
): Promise<void> {
  let before = Promise.resolve()
  for (let index = 0; index < alerts; ) {
    const end = Math.min(alerts, index + atOnce)
    for (; index < end; index++) put(index)
    const now = written()
    await before
    before = now
  }
  await before
}
