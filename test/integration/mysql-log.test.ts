/** The notification log in a real MariaDB. */
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { systemClock } from '../../src/base/clock.ts'
import { MysqlLog } from '../../src/store/mysql/mysql-log.ts'
import { itIsANotificationLog } from '../support/notification-log-contract.ts'
import { skipUnless } from '../support/skip.ts'

describe('notification log in MariaDB', function () {
  this.timeout(60_000)
  let server: Mariadb

  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startMariadb()
  })
  after(async () => server?.stop())

  itIsANotificationLog(() => ({
    open: () => new MysqlLog({ url: () => server.url, tls: 'off' }, systemClock),
    clear: async () => {
      await server.run('DROP DATABASE dogwatch', 'CREATE DATABASE dogwatch')
    },
  }))
})
