/** The notification log in a real MariaDB: the contract, and what becomes of it when the server, the way or the rights go. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { createConnection } from 'mysql2/promise'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText, OperatorError } from '../../src/base/errors.ts'
import type { MysqlSettings } from '../../src/store/mysql/connection-settings.ts'
import { MysqlLog } from '../../src/store/mysql/mysql-log.ts'
import { eventually } from '../support/eventually.ts'
import { aThread, numbered, ofAlert, ofThread } from '../support/log-records.ts'
import { itIsANotificationLog } from '../support/notification-log-contract.ts'
import { skipUnless } from '../support/skip.ts'

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  try {
    await work
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw new Error(`it failed otherwise: ${errorText(error)}`)
  }
  throw new Error('it did not fail')
}

describe('notification log in MariaDB', function () {
  this.timeout(180_000)
  let server: Mariadb
  const opened: MysqlLog[] = []

  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startMariadb({ tlsHost: 'localhost' })
  })
  after(async () => server?.stop())

  const emptied = async () => {
    await server.run('DROP DATABASE dogwatch', 'CREATE DATABASE dogwatch')
  }

  function open(settings: Partial<MysqlSettings> = {}): MysqlLog {
    const log = new MysqlLog({ url: () => server.url, tls: 'off', ...settings }, systemClock)
    opened.push(log)
    return log
  }

  describe('as every log', () => {
    itIsANotificationLog(() => ({
      open: () => new MysqlLog({ url: () => server.url, tls: 'off' }, systemClock),
      clear: emptied,
    }))
  })

  describe('when things go wrong', () => {
    beforeEach(emptied)
    afterEach(async () => {
      for (const log of opened.splice(0)) await log.close()
    })

    const count = async (): Promise<number> => {
      const [rows] = (await server.run('SELECT COUNT(*) AS n FROM dogwatch.dogwatch_alerts')) as [{ n: number }[]]
      return Number(rows[0]?.n)
    }

    it('comes back by itself when the server was killed and started again', async () => {
      const log = open()
      await log.takeOver(1)
      await log.write([ofAlert(numbered(1))], 1)
      await server.kill()
      const error = await failureOf(log.write([ofAlert(numbered(2))], 1))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect((await failureOf(log.alerts({ limit: 1 }))).code).to.equal('STORE_UNAVAILABLE')
      await server.start()
      await log.write([ofAlert(numbered(3))], 1)
      expect((await log.takeOver(1)).alerts.map(({ id }) => id)).to.include.members(['episode00001', 'episode00003'])
    })

    it('gives up a server that stopped answering, and takes no write twice or late when it goes on', async () => {
      const log = open()
      await log.takeOver(1)
      await log.write([ofThread(aThread({ reminders: 1 }))], 1)
      server.pause()
      try {
        const error = await failureOf(log.write([ofThread(aThread({ reminders: 2 }))], 1))
        expect(error.message).to.include('no answer within 5 s')
      } finally {
        server.resume()
      }
      await log.write([ofThread(aThread({ reminders: 3 }))], 1)
      expect((await log.takeOver(1)).threads.map(({ reminders }) => reminders)).to.deep.equal([3])
    })

    it('does not let a process that holds the fence and sleeps keep the next leader out for long', async () => {
      const log = open()
      await log.takeOver(1)
      const sleeper = await createConnection({ uri: server.url })
      await sleeper.query('START TRANSACTION')
      await sleeper.query('SELECT * FROM dogwatch_fence FOR UPDATE')
      const next = open()
      const error = await failureOf(next.takeOver(2))
      expect(error.message).to.include('another operator holds its row for too long')
      await sleeper.end()
      await next.takeOver(2)
      expect((await failureOf(log.write([ofAlert(numbered(1))], 1))).code).to.equal('STORE_FENCED')
    })

    it('reads its url again when the password is refused, and shows none', async () => {
      const file = join(server.dir, 'url')
      await writeFile(file, server.url.replace(server.password, 'wr0ng-s3cret'))
      const { readFileSync } = await import('node:fs')
      const log = open({ url: () => readFileSync(file, 'utf8') })
      const error = await failureOf(log.takeOver(1))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(errorText(error)).to.include('the user or the password is refused').and.not.to.include('s3cret')
      expect(JSON.stringify([error, error.stack, error.cause])).not.to.include('s3cret')
      await writeFile(file, `${server.url}\n`)
      await log.takeOver(1)
    })

    it('says that a database or a right is missing', async () => {
      const log = open()
      await server.run("REVOKE ALL ON dogwatch.* FROM dogwatch@'%'")
      expect((await failureOf(log.takeOver(1))).message).to.include('the user has no right to the database')
      await server.run("GRANT SELECT, INSERT, UPDATE, DELETE ON dogwatch.* TO dogwatch@'%'")
      expect((await failureOf(log.takeOver(1))).message).to.include('the user lacks a right; it needs SELECT')
      await server.run("GRANT ALL ON dogwatch.* TO dogwatch@'%'")
      await log.takeOver(1)
    })

    it('refuses tables that a newer version wrote, also when they change while it runs', async () => {
      const log = open()
      await log.takeOver(1)
      await server.run('UPDATE dogwatch.dogwatch_fence SET version = 99')
      const error = await failureOf(log.write([ofAlert(numbered(1))], 1))
      expect(error.code).to.equal('STORE_NEWER')
      expect(error.message).to.include('version 99').and.to.include('Run that newer version again')
      expect((await failureOf(open().takeOver(2))).code).to.equal('STORE_NEWER')
      expect(await count()).to.equal(0)
    })

    it('brings tables of the version before up to this one, with what is in them', async () => {
      const log = open()
      await log.takeOver(1)
      await log.write([ofAlert(numbered(1))], 1)
      await server.run('DROP TABLE dogwatch.dogwatch_outbox', 'UPDATE dogwatch.dogwatch_fence SET version = 1')
      const next = open()
      expect((await next.takeOver(2)).alerts).to.have.length(1)
      await next.write([{ type: 'outbox', id: 'a', value: 'b' }], 2)
      expect(await next.outbox({ limit: 2 })).to.deep.equal([{ id: 'a', value: 'b' }])
    })

    it('is made anew where its tables were dropped', async () => {
      const log = open()
      await log.takeOver(1)
      await emptied()
      expect((await failureOf(log.write([ofAlert(numbered(1))], 1))).code).to.equal('STORE_UNAVAILABLE')
      expect((await log.takeOver(1)).alerts).to.deep.equal([])
      await log.write([ofAlert(numbered(2))], 1)
      expect(await count()).to.equal(1)
    })

    it('makes its tables once, however many begin together', async () => {
      const logs = Array.from({ length: 5 }, () => open())
      await Promise.all(
        logs.map((log) => eventually('it is open', () => log.alerts({ limit: 1 }).catch(() => undefined))),
      )
      const states = await Promise.all(logs.map((log) => log.takeOver(0)))
      expect(states).to.have.length(5)
    })

    it('goes the encrypted way, and no other where it is asked for', async () => {
      const named = () => server.url.replace('127.0.0.1', 'localhost')
      const verified = open({ url: named, tls: 'verify', caFile: server.caFile })
      await verified.takeOver(1)
      await verified.write([ofAlert(numbered(1))], 1)
      await server.run("ALTER USER dogwatch@'%' REQUIRE SSL")
      try {
        await verified.close()
        const again = open({ url: named, tls: 'verify', caFile: server.caFile })
        expect((await again.takeOver(1)).alerts).to.have.length(1)
        expect((await failureOf(open({ tls: 'off' }).takeOver(1))).code).to.equal('STORE_UNAVAILABLE')
      } finally {
        await server.run("ALTER USER dogwatch@'%' REQUIRE NONE")
      }
    })

    it('does not trust a certificate of nobody known, or of another name', async () => {
      const named = (to: Mariadb) => () => to.url.replace('127.0.0.1', 'localhost')
      const unknown = await failureOf(open({ url: named(server), tls: 'verify' }).takeOver(1))
      expect(unknown.message).to.include('--store-ca-file')
      const address = await failureOf(open({ tls: 'verify', caFile: server.caFile }).takeOver(1))
      expect(address.message).to.include('write its name instead')
      const other = await startMariadb({ tlsHost: 'db.example' })
      try {
        const otherName = open({ url: named(other), tls: 'verify', caFile: other.caFile })
        expect((await failureOf(otherName.takeOver(1))).message).to.match(/localhost.* is not in the cert/s)
      } finally {
        await other.stop()
      }
    })
  })
})
