/** What the log does with its file: how it is made, what it refuses, and what it gives back. */
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { anAlertRecord, numbered, ofAlert } from '../support/log-records.ts'

async function failureOf(work: Promise<unknown>): Promise<OperatorError> {
  try {
    await work
  } catch (error) {
    if (error instanceof OperatorError) return error
  }
  throw new Error('it did not fail as an operator error')
}

describe("the notification log's file", () => {
  let folder: string
  let path: string
  const opened: SqliteLog[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-file-'))
    path = join(folder, 'store', 'notifications.db')
  })
  afterEach(async () => {
    for (const log of opened.splice(0)) await log.close()
    await rm(folder, { recursive: true })
  })

  function open(): SqliteLog {
    const log = new SqliteLog(path)
    opened.push(log)
    return log
  }

  async function written(): Promise<SqliteLog> {
    const log = open()
    await log.takeOver(1)
    await log.write([ofAlert(anAlertRecord())], 1)
    return log
  }

  function change(sql: string): void {
    const database = new DatabaseSync(path)
    database.exec(sql)
    database.close()
  }

  it('can be read by its owner alone', async () => {
    await written()
    const modes = await Promise.all(
      ['', '/notifications.db', '/notifications.db-wal'].map((name) => stat(join(folder, `store${name}`))),
    )
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).to.deep.equal(['700', '600', '600'])
  })

  it('is refused where a newer version wrote it, with what to do, and is left as it was', async () => {
    await (await written()).close()
    change('PRAGMA user_version = 99; CREATE TABLE of_the_future (a)')
    const before = await readFile(path)
    const error = await failureOf(open().takeOver(2))
    expect(error.code).to.equal('STORE_NEWER')
    expect(error.retry).to.equal(false)
    expect(error.message).to.include(path).and.to.include('version 99').and.to.include('Run that newer version again')
    expect((await readFile(path)).equals(before)).to.equal(true)
  })

  it('of the version before is brought up to this one, with what is in it', async () => {
    await (await written()).close()
    change('DROP TABLE outbox; PRAGMA user_version = 1')
    const log = open()
    expect((await log.takeOver(2)).alerts).to.have.length(1)
    await log.write([{ type: 'outbox', id: 'a', value: 'b' }], 2)
    expect(await log.outbox({ limit: 2 })).to.deep.equal([{ id: 'a', value: 'b' }])
  })

  it("is refused where it is another program's", async () => {
    await (await written()).close()
    change('PRAGMA application_id = 7')
    expect((await failureOf(open().takeOver(2))).message).to.include('database of another program')
  })

  for (const { what, spoil } of [
    { what: 'is no database', spoil: () => Buffer.from('this was a diary\n'.repeat(1_000)) },
    {
      what: 'is damaged',
      spoil: (file: Buffer) => Buffer.concat([file.subarray(0, 4_096), Buffer.alloc(file.length - 4_096, 7)]),
    },
  ]) {
    it(`says so where it ${what}, deletes nothing, and goes on when it is replaced`, async () => {
      await (await written()).close()
      const good = await readFile(path)
      const bad = spoil(good)
      await writeFile(path, bad)
      const log = open()
      const error = await failureOf(log.takeOver(2))
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include(path).and.to.include('damaged').and.to.include('Nothing was deleted')
      expect((await readFile(path)).equals(bad)).to.equal(true)
      await writeFile(path, good)
      expect((await log.takeOver(2)).alerts).to.have.length(1)
    })
  }

  it('that was taken away while it is in use is missed, and made anew', async () => {
    const log = await written()
    await rename(join(folder, 'store'), join(folder, 'elsewhere'))
    const error = await failureOf(log.write([ofAlert(numbered(2))], 1))
    expect(error.code).to.equal('STORE_UNAVAILABLE')
    expect((await log.takeOver(1)).alerts).to.deep.equal([])
    await log.write([ofAlert(numbered(3))], 1)
    expect((await stat(path)).isFile()).to.equal(true)
  })

  it('that cannot be made says why', async () => {
    await writeFile(join(folder, 'store'), 'in the way')
    const error = await failureOf(open().takeOver(1))
    expect(error.code).to.equal('STORE_UNAVAILABLE')
    expect(error.message).to.include(path)
  })

  it('gives back what retention removed', async () => {
    const log = open()
    await log.takeOver(1)
    const attachment = { name: 'log', text: 'x'.repeat(20_000) }
    const record = (n: number) => {
      const ended = numbered(n, { endedMs: 1 })
      return ofAlert({ ...ended, alert: { ...ended.alert, attachment } })
    }
    for (let n = 0; n < 1_000; n += 100)
      await log.write(
        Array.from({ length: 100 }, (_, index) => record(n + index)),
        1,
      )
    const sizes = async () => (await stat(path)).size + (await stat(`${path}-wal`)).size
    expect(await sizes()).to.be.greaterThan(20_000_000)
    expect(await log.prune({ maxAgeMs: 1_000, maxBytes: 1e12 }, 10_000)).to.equal(1_000)
    expect(await sizes()).to.be.lessThan(4_000_000)
  })

  it('gives other writes their turn while history is removed', async () => {
    const log = open()
    await log.takeOver(1)
    await log.write(
      Array.from({ length: 5_000 }, (_, n) => ofAlert(numbered(n, { endedMs: 1 }))),
      1,
    )
    const order: string[] = []
    const pruned = log.prune({ maxAgeMs: 1, maxBytes: 1e12 }, 10_000).then(() => order.push('pruned'))
    await log.write([ofAlert(numbered(9_999))], 1).then(() => order.push('written'))
    await pruned
    expect(order).to.deep.equal(['written', 'pruned'])
  })
})
