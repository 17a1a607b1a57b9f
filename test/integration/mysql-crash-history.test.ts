/** The crash history in a real MariaDB: the contract, kubernetes-pod-monitor's tables beside it, and what becomes of both when things go wrong. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { systemClock } from '../../src/base/clock.ts'
import { errorText, OperatorError } from '../../src/base/errors.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import { MysqlCrashHistory, type MysqlCrashHistoryOptions } from '../../src/store/mysql/crashes/mysql-crash-history.ts'
import { itIsACrashHistory } from '../support/crash-history-contract.ts'
import { podMonitorTables } from '../support/pod-monitor.ts'
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

const startMs = Date.UTC(2026, 10, 21, 3)

/** The nth crash of a container that runs for a second each time. */
function aCrash(n: number, changed: Partial<CrashRecord> = {}): CrashRecord {
  const atMs = startMs + n * 1_000
  return {
    ...{ id: `crash${String(n).padStart(6, '0')}`, atMs, seenMs: atMs + 250, cluster: 'prod', namespace: 'payments' },
    workload: { kind: 'Deployment', namespace: 'payments', name: 'api' },
    pod: { name: 'api-7d4f-x2x9k', uid: 'a3c1' },
    container: { name: 'app', role: 'app', image: 'registry.example/api:1.2', containerId: `containerd://${n}` },
    ...{ node: 'node-1', reason: 'Error', cause: 'ended with exit code 1', exitCode: 1, restartCount: n, crashes: 1 },
    ...{ facts: [], missing: [], log: { text: `attempt ${n}\npanic: out of ideas`, isCut: false } },
    ...changed,
  }
}

describe('crash history in MariaDB', function () {
  this.timeout(10 * 60_000)
  let server: Mariadb
  const opened: MysqlCrashHistory[] = []

  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    // Room for an index of many words, as a server that people run has it.
    server = await startMariadb({ flags: ['--innodb-buffer-pool-size=256M', '--innodb-log-file-size=96M'] })
  })
  after(async () => server?.stop())

  const emptied = async () => {
    await server.run('DROP DATABASE dogwatch', 'CREATE DATABASE dogwatch')
  }
  beforeEach(emptied)
  afterEach(async () => {
    for (const history of opened.splice(0)) await history.close()
  })

  function open(options: Partial<MysqlCrashHistoryOptions> = {}, of: Mariadb = server): MysqlCrashHistory {
    const settings = { url: () => of.url, tls: 'off' } as const
    const history = new MysqlCrashHistory({ settings, clock: systemClock, cluster: 'prod', ...options })
    opened.push(history)
    return history
  }

  const idsOf = async (history: MysqlCrashHistory, text?: string) =>
    (await history.find({ limit: 1_000, ...(text === undefined ? {} : { text }) })).map(({ id }) => id)
  const rows = async (sql: string) =>
    ((await server.run('USE dogwatch', sql)) as [unknown, Record<string, unknown>[]])[1]

  describe('as every history', () => {
    itIsACrashHistory(() => ({ open: () => open(), clear: emptied }))
  })

  describe('what was searched for', () => {
    const texts = {
      a: 'The quick brown fox: at a.b.C(D.java:42)',
      b: 'to be or not to be, that is the question',
      c: 'über die Brücke; 日本語 のログ; 𝒳𝒴 +plus -minus (in) "quoted" it* @3 ~x <y >z',
      d: `${'x'.repeat(100)} ${'y'.repeat(64)} 0`,
    }
    const cases: [text: string, found: string][] = [
      ['the', 'ab'],
      ['is', 'b'],
      ['a', 'a'],
      ['0', 'd'],
      ['to be or not to be', 'b'],
      ['"not to be that"', 'b'],
      ['"to not be"', ''],
      ['"java 42"', 'a'],
      ['"42 java"', ''],
      ['ÜBER', 'c'],
      ['uber', ''],
      ['日本語', 'c'],
      ['日本', ''],
      ['𝒳𝒴', 'c'],
      ['-minus', 'c'],
      ['+minus -plus', 'c'],
      ['mi*', ''],
      ['quick question', ''],
      ['(quick) question*', ''],
      ['"brown fox" @3', ''],
      ['x'.repeat(100), 'd'],
      ['x'.repeat(99), ''],
      ['y'.repeat(64), 'd'],
      ["a' OR '1'='1", ''],
      ['fox ended', 'a'],
      ['"fox ended"', ''],
    ]

    const expectFound = async (history: MysqlCrashHistory) => {
      const names = Object.entries(texts)
      await history.write(names.map(([id, text], n) => aCrash(n, { id, log: { text, isCut: false }, cause: 'ended' })))
      for (const [text, found] of cases) expect((await idsOf(history, text)).sort().join(''), text).to.equal(found)
    }

    it('is found whatever a server calls a stop word, too short or an operator', () => expectFound(open()))

    it('is found where the server indexes long words alone', async () => {
      const other = await startMariadb({ flags: ['--innodb-ft-min-token-size=7', '--innodb-ft-max-token-size=20'] })
      try {
        await expectFound(open({}, other))
      } finally {
        await other.stop()
      }
    })
  })

  describe('with the tables of kubernetes-pod-monitor', () => {
    const withTables = { withPodMonitorTables: true }

    it('writes into those that are there, and changes none of them', async () => {
      await server.run('USE dogwatch', ...podMonitorTables)
      await server.run(
        'USE dogwatch',
        "INSERT INTO k8s_crash_monitor VALUES ('prod', 'payments', 'api-7d4f-x2x9k', 'app', 3, 0, 1600000000)",
        "INSERT INTO k8s_crash_monitor VALUES ('prod', 'payments', 'old-1', 'app', 7, 2, 1600000000)",
        "INSERT INTO k8s_crash_monitor VALUES ('prod', 'payments', 'new-1', 'app', NULL, 0, 1600000000)",
        "INSERT INTO k8s_crash_monitor VALUES ('other', 'payments', 'old-1', 'app', 9, 0, 1600000000)",
        "INSERT INTO k8s_pod_crash VALUES (41, 'prod', 'payments', 'app', 3, '2020-09-13 12:26:40')",
      )
      const tables = ['k8s_crash_monitor', 'k8s_pod_crash', 'k8s_pod_crash_notify', 'k8s_crash_ignore_notify']
      const shapes = async () => Promise.all(tables.map(async (table) => await rows(`SHOW COLUMNS FROM ${table}`)))
      const before = await shapes()
      const history = open(withTables)
      expect(await history.toldRestarts()).to.deep.equal([
        { namespace: 'payments', pod: 'api-7d4f-x2x9k', container: 'app', restartCount: 3 },
        { namespace: 'payments', pod: 'old-1', container: 'app', restartCount: 7 },
      ])
      await history.write([aCrash(5), aCrash(4)])
      expect(await shapes()).to.deep.equal(before)
      const seconds = (n: number) => Math.floor((startMs + n * 1_000 + 250) / 1_000)
      const localTime = (n: number) => new Date(seconds(n) * 1_000)
      expect(await rows('SELECT * FROM k8s_pod_crash WHERE id > 41 ORDER BY id')).to.deep.equal([
        {
          id: 42,
          clustername: 'prod',
          namespace: 'payments',
          containername: 'app',
          restartcount: 4,
          date: localTime(4),
        },
        {
          id: 43,
          clustername: 'prod',
          namespace: 'payments',
          containername: 'app',
          restartcount: 5,
          date: localTime(5),
        },
      ])
      expect(await rows("SELECT * FROM k8s_crash_monitor WHERE podname LIKE 'api%'")).to.deep.equal([
        {
          ...{ clustername: 'prod', namespace: 'payments', podname: 'api-7d4f-x2x9k', containername: 'app' },
          ...{ restartcount: 5, retries: 0, edited_at: seconds(5) },
        },
      ])
    })

    it('makes those that are missing as kubernetes-pod-monitor would', async () => {
      const columns = async () =>
        rows(`SELECT table_name, column_name, ordinal_position, column_default, is_nullable, column_type, column_key, extra
          FROM information_schema.columns WHERE table_schema = 'dogwatch' AND table_name LIKE 'k8s%'
          ORDER BY table_name, ordinal_position`)
      await server.run('USE dogwatch', ...podMonitorTables)
      const original = await columns()
      await emptied()
      await open(withTables).namespaces()
      expect(await columns()).to.deep.equal(original)
    })

    it('keeps runs that ended there, and no other trouble', async () => {
      const history = open(withTables)
      const { exitCode: _none, ...waiting } = aCrash(2, { reason: 'ImagePull' })
      const { pod: _pod, container: _container, ...ofJob } = aCrash(3, { reason: 'JobFailed' })
      await history.write([
        aCrash(1),
        waiting,
        ofJob,
        aCrash(4, { container: { name: 'migrate', role: 'init' } }),
        aCrash(5, { container: { name: 'proxy', role: 'sidecar' } }),
      ])
      expect((await rows('SELECT containername FROM k8s_pod_crash')).map((row) => row.containername)).to.deep.equal([
        'app',
        'proxy',
      ])
      expect(await idsOf(history)).to.have.length(5)
    })

    it('lets what comes late not undo what came after it', async () => {
      const history = open(withTables)
      await history.write([aCrash(7)])
      await history.write([aCrash(6)])
      expect((await history.toldRestarts()).map(({ restartCount }) => restartCount)).to.deep.equal([7])
    })

    it('keeps a crash once, whoever writes it and however often', async () => {
      const replicas = [open(withTables), open(withTables), open(withTables)]
      await replicas[0]!.namespaces()
      const crashes = Array.from({ length: 120 }, (_, n) => aCrash(n))
      const writeAll = async (history: MysqlCrashHistory, step: number) => {
        for (let from = 0; from < crashes.length; from += step) {
          const some = crashes.slice(from, from + step)
          // Two that wait for each other: the server ends one of them, which then writes again.
          while ((await history.write(some).catch(() => undefined)) === undefined);
        }
      }
      await Promise.all(replicas.map((history, n) => writeAll(history, 7 + n * 5)))
      expect(await idsOf(replicas[1]!)).to.have.length(120)
      expect(await rows('SELECT COUNT(*) AS n, COUNT(DISTINCT restartcount) AS d FROM k8s_pod_crash')).to.deep.equal([
        { n: 120, d: 120 },
      ])
      expect(await idsOf(replicas[2]!, '"out of ideas"')).to.have.length(120)
    })

    it('loses and doubles nothing of either when the server is killed under it, again and again', async () => {
      const history = open(withTables)
      await history.write([aCrash(0)])
      let isOver = false
      const killing = (async () => {
        for (let round = 0; round < 4; round += 1) {
          await sleep(150 + round * 70)
          await server.kill()
          await server.start()
        }
        isOver = true
      })()
      let written = 1
      let failures = 0
      while (!isOver || written < 200) {
        const some = Array.from({ length: 5 }, (_, n) => aCrash(written + n))
        const refused = await history.write(some).catch((error: OperatorError) => {
          expect(error.code).to.equal('STORE_UNAVAILABLE')
          failures += 1
          return undefined
        })
        if (refused !== undefined) written += 5
        else await sleep(20)
      }
      await killing
      expect(failures).to.be.greaterThan(0)
      const [count] = await rows(`SELECT COUNT(*) AS n, COUNT(DISTINCT restartcount) AS d,
        (SELECT COUNT(*) FROM dogwatch_crashes) AS own, (SELECT COUNT(*) FROM dogwatch_crash_texts_0) AS texts FROM k8s_pod_crash`)
      expect(count).to.deep.equal({ n: written, d: written, own: written, texts: written })
      const found = await history.top('workload', { text: '"out of ideas"' }, 5)
      expect(found.map(({ crashes }) => crashes)).to.deep.equal([written])
    })

    it('says so where a table is another than it should be, and leaves it alone', async () => {
      await server.run('USE dogwatch', 'CREATE TABLE k8s_pod_crash (id INT PRIMARY KEY, namespace TEXT)')
      const error = await failureOf(open(withTables).write([aCrash(1)]))
      expect(error.message).to.match(
        /k8s_pod_crash has no column clustername, containername, restartcount, date; it is not changed/,
      )
      await open().write([aCrash(1)])
    })
  })

  describe('over a long time', () => {
    const place = async () => (await rows('SELECT texts, removed FROM dogwatch_crash_version'))[0]
    const sizes = async () =>
      (
        await rows(`SELECT (SELECT COUNT(*) FROM dogwatch_crash_texts_0) AS zero,
        (SELECT COUNT(*) FROM dogwatch_crash_texts_1) AS one`)
      )[0]

    it('does not keep what its index knew of removed logs, and finds those that are left', async () => {
      const history = open()
      const day = (n: number) =>
        Array.from({ length: 700 }, (_, i) => aCrash(n * 700 + i, { log: { text: `day${n} words`, isCut: false } }))
      const keepMs = 700_000
      for (let n = 0; n < 8; n += 1) {
        await history.write(day(n))
        await history.prune({ maxAgeMs: keepMs, maxBytes: Number.MAX_SAFE_INTEGER }, startMs + (n + 1) * 700_000)
        expect(await idsOf(history, 'words'), `day ${n}`).to.have.length(700)
        expect(await idsOf(history, `day${n}`)).to.have.length(700)
        expect((await history.get(aCrash(n * 700).id))?.log?.text).to.equal(`day${n} words`)
        expect((await history.find({ limit: 1, text: 'words' }))[0]?.snippet).to.equal(`day${n} words`)
        if (n === 2) expect(await place()).to.deep.equal({ texts: 1, removed: 0 })
      }
      expect(await place()).to.deep.include({ texts: 0 })
      const { zero, one } = (await sizes()) as { zero: number; one: number }
      expect(zero + one).to.equal(700)
    })

    it('takes writes of another replica while the tables take turns', async () => {
      const [first, second] = [open(), open()]
      await first.write(Array.from({ length: 1_100 }, (_, n) => aCrash(n)))
      const writing = Promise.all(Array.from({ length: 20 }, (_, n) => second.write([aCrash(5_000 + n)])))
      await first.prune({ maxAgeMs: 1_000_000, maxBytes: Number.MAX_SAFE_INTEGER }, startMs + 4_000_000)
      await writing
      expect(await idsOf(second, '"out of ideas"')).to.have.length(20)
      expect(await place()).to.deep.include({ texts: 1 })
    })
  })

  describe('when things go wrong', () => {
    it('gives up a server that stopped answering, and goes on when it answers again', async () => {
      const history = open()
      await history.write([aCrash(1)])
      server.pause()
      await sleep(200)
      try {
        expect((await failureOf(history.find({ limit: 1 }))).message).to.match(
          /the crash history dogwatch@.*no answer within 10 s/,
        )
      } finally {
        server.resume()
      }
      await history.write([aCrash(2), aCrash(3)])
      expect(await idsOf(history)).to.deep.equal([3, 2, 1].map((n) => aCrash(n).id))
    })

    it('refuses tables of a newer version, also when they change while it runs', async () => {
      const history = open()
      await history.write([aCrash(1)])
      await server.run('UPDATE dogwatch.dogwatch_crash_version SET version = 99')
      const error = await failureOf(history.write([aCrash(2)]))
      expect(error.code).to.equal('STORE_NEWER')
      expect(error.message).to.include('the crash history').and.to.include('version 99')
      expect((await failureOf(open().find({ limit: 1 }))).code).to.equal('STORE_NEWER')
      expect(await rows('SELECT COUNT(*) AS n FROM dogwatch_crashes')).to.deep.equal([{ n: 1 }])
    })

    it('makes its tables once, also beside those of the notification log', async () => {
      const histories = Array.from({ length: 4 }, () => open())
      await Promise.all(histories.map((history) => history.namespaces()))
      await histories[0]!.write([aCrash(1)])
      expect(await idsOf(histories[3]!)).to.have.length(1)
    })

    it('shows neither a password nor a log in what it says', async () => {
      await server.run("REVOKE ALL ON dogwatch.* FROM dogwatch@'%'")
      try {
        const wrong = { url: () => server.url.replace(server.password, 'wr0ng-s3cret'), tls: 'off' } as const
        const errors = [
          await failureOf(open({ settings: wrong }).write([aCrash(1)])),
          await failureOf(open().write([aCrash(1)])),
        ]
        for (const error of errors) {
          const told = `${errorText(error)} ${JSON.stringify([error, error.cause])} ${error.stack}`
          expect(told)
            .not.to.match(/s3cret|out of ideas/)
            .and.not.to.include(server.password)
        }
      } finally {
        await server.run("GRANT ALL ON dogwatch.* TO dogwatch@'%'")
      }
    })

    it('refuses what no server would take, and takes the rest', async () => {
      await server.run('SET GLOBAL max_allowed_packet = 1048576')
      try {
        const history = open()
        const long = aCrash(2, { log: { text: 'x y z '.repeat(150_000), isCut: true } })
        const refused = await history.write([aCrash(1), long, aCrash(3), aCrash(4, { id: 'x'.repeat(65) })])
        expect(refused.map(({ id }) => id)).to.have.members([long.id, 'x'.repeat(65)])
        expect(await idsOf(history)).to.deep.equal([aCrash(3).id, aCrash(1).id])
      } finally {
        await server.run('SET GLOBAL max_allowed_packet = 16777216')
      }
    })

    it('shows no crash of another cluster that shares the database, and prunes none', async () => {
      const [here, there] = [open(), open({ cluster: 'other' })]
      await here.write([aCrash(1)])
      await there.write([aCrash(2, { cluster: 'other' })])
      expect(await idsOf(here)).to.deep.equal([aCrash(1).id])
      expect(await here.get(aCrash(2).id)).to.equal(undefined)
      expect(await there.namespaces()).to.deep.equal(['payments'])
      expect(await here.prune({ maxAgeMs: 0, maxBytes: 0 }, startMs * 2)).to.equal(1)
      expect(await idsOf(there)).to.deep.equal([aCrash(2).id])
    })
  })
})
