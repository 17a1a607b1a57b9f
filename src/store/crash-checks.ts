/** What no engine of the crash history takes. Pure. */
import type { CrashRecord } from '../model/crash.ts'
import type { RefusedCrash } from './crash-history.ts'

const idPattern = /^[0-9a-z]{1,64}$/
/** The year 2096: a node's clock that is later than this is not believed, nor is one before 1970. */
const latestMs = 4_000_000_000_000

export interface CheckedCrashes {
  readonly taken: readonly CrashRecord[]
  readonly refused: readonly RefusedCrash[]
}

/** Of records with the same id only the first is taken. */
export function checkCrashes(records: readonly CrashRecord[]): CheckedCrashes {
  const refused = records.flatMap((record) => {
    const why = whyRefused(record)
    return why === undefined ? [] : [{ id: record.id, why }]
  })
  const first = new Map<string, CrashRecord>()
  for (const record of records) {
    if (whyRefused(record) === undefined && !first.has(record.id)) first.set(record.id, record)
  }
  return { taken: [...first.values()], refused }
}

function whyRefused({ id, atMs, crashes }: CrashRecord): string | undefined {
  if (!idPattern.test(id)) return 'its id is not made of 1 to 64 lower-case letters and digits'
  if (!Number.isSafeInteger(atMs) || atMs < 0 || atMs > latestMs) return `its time, ${atMs} ms, cannot be`
  return Number.isSafeInteger(crashes) && crashes >= 1 ? undefined : `it stands for ${crashes} crashes`
}
