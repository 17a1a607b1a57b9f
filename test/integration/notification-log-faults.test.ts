/** The log under kill -9, on a disk that fills up, and with a database that goes: what the pipeline does, and what is there afterwards. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { runCommand } from '../../hack/testbed/run-command.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { noMetrics } from '../../src/base/metrics.ts'
import { Pipeline } from '../../src/notify/pipeline.ts'
import { createPipelineMetrics } from '../../src/notify/pipeline-metrics.ts'
import { atAnyHour, Receivers } from '../../src/notify/receivers.ts'
import { MysqlLog } from '../../src/store/mysql/mysql-log.ts'
import type { NotificationLog } from '../../src/store/notification-log.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { eventually } from '../support/eventually.ts'
import { mountSmallDisk, type SmallDisk } from '../support/full-disk.ts'
import type { ChildOptions } from '../support/log-writing-child.ts'
import { alertNamed, Recorder, routeOf } from '../support/pipeline-world.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const rounds = process.env.DOGWATCH_TEST === 'full' ? 50 : 6

/** Mulberry32: the same moments in each run. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function startWriter(options: ChildOptions, first: number): ChildProcessByStdio<null, Readable, Readable> {
  const program = join(import.meta.dirname, '../support/log-writing-child.ts')
  const args = [program, JSON.stringify(options), String(first)]
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Lets a process write and kills it after a while; gives the numbers that it was told are written. */
async function writeAndDie(options: ChildOptions, first: number, lifeMs: number): Promise<number[]> {
  const child = startWriter(options, first)
  child.stderr.pipe(process.stderr)
  const chunks: Buffer[] = []
  const closed = once(child, 'close')
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  await Promise.race([once(child.stdout, 'data'), closed])
  await systemClock.sleep(lifeMs)
  expect(child.exitCode, 'the writer ended by itself').to.equal(null)
  child.kill('SIGKILL')
  await closed
  const lines = Buffer.concat(chunks).toString().split('\n')
  return lines.slice(0, -1).map(Number)
}

async function expectAllThere(log: NotificationLog, acknowledged: readonly number[]): Promise<void> {
  const { alerts, unfinished } = await log.takeOver(1)
  const [ids, deliveries] = [alerts.map(({ id }) => id), unfinished.map(({ id }) => id)].map((list) => new Set(list))
  const lost = acknowledged.filter(
    (n) => !ids?.has(`episode${String(n).padStart(5, '0')}`) || !deliveries?.has(`delivery${n}`),
  )
  expect(lost).to.deep.equal([])
  expect(ids?.size).to.equal(deliveries?.size)
}

const opened: { close(): Promise<void> }[] = []
async function closeAll(): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close()
}

/** A leading pipeline on the real clock with one receiver. */
function aPipeline(log: NotificationLog) {
  const receivers = new Receivers()
  const recorder = new Recorder()
  const degraded: (string | undefined)[] = []
  const shape = { namespace: 'ops', name: 'a', version: '1', channel: 'console' } as const
  receivers.set({ ...shape, notifier: recorder, hours: atAnyHour, isSharedWith: () => true })
  const pipeline = new Pipeline({
    ...{ log, receivers, clock: systemClock, logger: silentLogger, clusterName: 'blue' },
    ownConsole: { namespace: 'ops', name: 'a' },
    metrics: createPipelineMetrics(noMetrics),
    mayTell: () => true,
    isSilenced: () => false,
    describe: (alert) => alert,
    onTold: () => undefined,
    onLateStart: () => undefined,
    unshipped: () => [],
    onDegraded: (why) => degraded.push(why),
    onFenced: () => undefined,
  })
  opened.push(log, { close: () => pipeline.follow() })
  const put = (name: string, state: 'firing' | 'resolved') =>
    pipeline.put(alertNamed(name, { state }), routeOf(name, {}))
  const told = async (...news: string[]) => {
    await eventually(`told ${news}`, () => recorder.messages.length >= news.length, 60_000)
    expect(recorder.news()).to.have.members(news)
  }
  return { pipeline, recorder, degraded, put, told }
}

/** Goes through a time without the log, and compares what the log knows afterwards with what is true. */
async function throughAbsence(log: NotificationLog, absence: { begin(): Promise<void>; end(): Promise<void> }) {
  const { pipeline, degraded, put, told } = aPipeline(log)
  await pipeline.lead(1)
  pipeline.open()
  for (const name of ['before', 'throughout']) put(name, 'firing')
  await told('first before', 'first throughout')
  await absence.begin()
  put('during', 'firing')
  put('before', 'resolved')
  await told('first during', 'resolved -before')
  await eventually('it is degraded', () => degraded.length === 1)
  await absence.end()
  await eventually('it is repaired', () => degraded.length === 2, 60_000)
  put('after', 'firing')
  await told('first after')
  await pipeline.drained()
  await eventually('the result is written', async () => (await log.takeOver(1)).threads.length === 3)
  const { alerts, unfinished } = await log.takeOver(1)
  expect(alerts.map(({ alert }) => alert.object.name).sort()).to.deep.equal(['after', 'during', 'throughout'])
  expect(unfinished).to.deep.equal([])
  const history = await log.alerts({ limit: 100 })
  expect(
    history.map(({ alert, endedMs }) => `${alert.object.name} ${endedMs === undefined ? 'open' : 'ended'}`),
  ).to.have.members(['before ended', 'throughout open', 'during open', 'after open'])
  const [ended] = history.filter(({ endedMs }) => endedMs !== undefined)
  expect((await log.deliveries(ended?.id ?? '')).map(({ reason, state }) => `${reason} ${state}`)).to.have.members([
    'first sent',
    'resolved sent',
  ])
  return degraded
}

describe('notification log in SQLite', function () {
  this.timeout(300_000)
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-log-'))
  })
  after(() => rm(folder, { recursive: true }))

  it(`has everything that was acknowledged after kill -9, ${rounds} times at random moments`, async () => {
    const path = join(folder, 'killed', 'notifications.db')
    const random = seededRandom(20_261_121)
    const acknowledged: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      acknowledged.push(...(await writeAndDie({ path }, round * 1_000_000, 20 + random() * 500)))
      const log = new SqliteLog(path)
      await expectAllThere(log, acknowledged)
      await log.close()
    }
    expect(acknowledged.length).to.be.greaterThan(rounds * 20)
  })

  it('runs in the one-file bundle as it does from source', async () => {
    const bundle = join(folder, 'child.mjs')
    const entry = join(root, 'test/support/log-writing-child.ts')
    const built = await runCommand(process.execPath, [join(root, 'hack/bundle.ts'), '--entry', entry, '--out', bundle])
    expect(built.stderr).to.equal('')
    const path = join(folder, 'bundled', 'notifications.db')
    const child = spawn(process.execPath, [bundle, JSON.stringify({ path }), '0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const log = new SqliteLog(path)
    expect((await log.takeOver(1)).alerts.length).to.be.greaterThan(0)
    await log.close()
  })

  describe('on a disk that fills up', () => {
    let disk: SmallDisk
    before(async function () {
      const mounted = await mountSmallDisk(16)
      skipUnless(
        this,
        mounted !== undefined,
        'no small file system can be mounted here: it takes root and loop devices',
      )
      disk = mounted as SmallDisk
    })
    after(() => disk?.remove())
    afterEach(closeAll)

    it('alerts go out all the same, and when there is space again the log has everything', async () => {
      const log = new SqliteLog(join(disk.folder, 'store', 'notifications.db'))
      const degraded = await throughAbsence(log, { begin: disk.fill, end: disk.empty })
      expect(degraded[0]).to.include('no space is left on its volume').and.to.include('--history-max-bytes')
    })

    it('a log that cannot even be made does not keep alerts back, and is made when there is space', async () => {
      await disk.fill()
      const log = new SqliteLog(join(disk.folder, 'another', 'notifications.db'))
      const { pipeline, degraded, put, told } = aPipeline(log)
      await pipeline.lead(1)
      pipeline.open()
      put('x', 'firing')
      await told('first x')
      expect(degraded).to.have.length(1)
      await disk.empty()
      await eventually('it is repaired', () => degraded.length === 2, 60_000)
      expect((await log.takeOver(1)).alerts).to.have.length(1)
    })
  })
})

describe('notification log in MariaDB', function () {
  this.timeout(300_000)
  let server: Mariadb
  before(async function () {
    const missing = missingForMariadb()
    skipUnless(this, missing === undefined, missing ?? '')
    server = await startMariadb()
  })
  after(async () => server?.stop())
  afterEach(closeAll)
  const open = () => new MysqlLog({ url: () => server.url, tls: 'off' }, systemClock)
  const emptied = async () => {
    await server.run('DROP DATABASE dogwatch', 'CREATE DATABASE dogwatch')
  }

  it('has everything that was acknowledged after kill -9 of the writer, and of the server', async () => {
    const random = seededRandom(20_261_122)
    const acknowledged: number[] = []
    for (let round = 0; round < 2; round += 1) {
      acknowledged.push(...(await writeAndDie({ url: server.url }, round * 1_000_000, 20 + random() * 500)))
      await server.kill()
      await server.start()
    }
    const log = open()
    await expectAllThere(log, acknowledged)
    await log.close()
  })

  it(`lets the next leader in although the last one is frozen in the middle of a write, ${rounds} times`, async () => {
    await emptied()
    const random = seededRandom(20_261_123)
    const log = open()
    for (let round = 0; round < rounds; round += 1) {
      const [old, next] = [round * 2 + 1, round * 2 + 2]
      const child = startWriter({ url: server.url, epoch: old }, round * 1_000_000)
      const refused = text(child.stderr)
      await once(child.stdout, 'data')
      child.stdout.resume()
      await systemClock.sleep(random() * 200)
      child.kill('SIGSTOP')
      const { alerts } = await log.takeOver(next)
      child.kill('SIGCONT')
      await once(child, 'close')
      expect(await refused).to.include('STORE_FENCED')
      expect((await log.takeOver(next)).alerts).to.have.length(alerts.length)
    }
    await log.close()
  })

  it('that is stopped and started: alerts go out all the same, and then the log has everything', async () => {
    await emptied()
    const log = open()
    const stopped = { begin: () => server.kill('SIGTERM'), end: () => server.start() }
    await throughAbsence(log, stopped)
  })

  it('that is away when the operator begins: alerts wait for it 15 s, and what it knew is taken up later', async () => {
    await emptied()
    const log = open()
    const first = aPipeline(log)
    await first.pipeline.lead(1)
    first.pipeline.open()
    for (const name of ['x', 'y']) first.put(name, 'firing')
    await first.told('first x', 'first y')
    await first.pipeline.follow()
    await server.kill()
    const second = aPipeline(log)
    await second.pipeline.lead(2)
    second.pipeline.open()
    second.put('x', 'firing')
    await second.told('first x')
    await server.start()
    await eventually('it is repaired', () => second.degraded.length === 2, 60_000)
    for (const name of ['x', 'y']) second.put(name, 'resolved')
    await second.told('resolved -x', 'resolved -y', 'resolved -x')
    await second.pipeline.drained()
    await eventually('the log knows that all is over', async () => {
      const { alerts, threads, unfinished } = await log.takeOver(2)
      return alerts.length + threads.length + unfinished.length === 0
    })
  })
})
