import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { itIsANotificationLog } from '../support/notification-log-contract.ts'

describe('notification log in SQLite', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-log-'))
  })
  after(() => rm(folder, { recursive: true }))

  const store = () => join(folder, 'store')

  itIsANotificationLog(() => ({
    open: () => new SqliteLog(join(store(), 'notifications.db')),
    clear: () => rm(store(), { recursive: true, force: true }),
  }))
})
