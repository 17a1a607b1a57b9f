import { join } from 'node:path'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'

/** How many crashes an operator that has ended left in its history, and how many of them with their log. */
export async function keptCrashes(dataDir: string): Promise<{ crashes: number; withLog: number }> {
  const history = new SqliteCrashHistory(join(dataDir, 'store/crashes.db'))
  const limit = 500
  const kept = { crashes: 0, withLog: 0 }
  try {
    for (let page = await history.find({ limit }); page.length > 0; ) {
      kept.crashes += page.reduce((sum, { crashes }) => sum + crashes, 0)
      kept.withLog += page.filter(({ hasLog }) => hasLog).length
      const { atMs, id } = page.at(-1)!
      page = page.length < limit ? [] : await history.find({ limit, after: { atMs, id } })
    }
    return kept
  } finally {
    await history.close()
  }
}
