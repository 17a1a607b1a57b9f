import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { itIsACrashHistory } from '../support/crash-history-contract.ts'

describe('crash history in SQLite', function () {
  this.timeout(60_000)
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-crashes-'))
  })
  after(() => rm(folder, { recursive: true }))

  const store = () => join(folder, 'store')

  itIsACrashHistory(() => ({
    open: () => new SqliteCrashHistory(join(store(), 'crashes.db')),
    clear: () => rm(store(), { recursive: true, force: true }),
  }))
})
