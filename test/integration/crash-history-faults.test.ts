/** Crashes on their way to a history in a file, through kills and a disk that is full. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { SqliteCrashHistory } from '../../src/store/sqlite/sqlite-crash-history.ts'
import { SqliteLog } from '../../src/store/sqlite/sqlite-log.ts'
import { StoreThread } from '../../src/store/sqlite/store-thread.ts'
import { logOf, numberedCrash } from '../support/crash-records.ts'
import { mountSmallDisk, type SmallDisk } from '../support/full-disk.ts'
import { numbered, ofAlert } from '../support/log-records.ts'
import { skipUnless } from '../support/skip.ts'

const child = new URL('../support/crash-shipping-child.ts', import.meta.url).pathname
const rounds = process.env.DOGWATCH_TEST === 'full' ? 50 : 8

interface Life {
  readonly acknowledged: readonly number[]
  readonly isDone: boolean
}

/** Runs until it is done, or until it is killed so long after its first word. */
async function live(folder: string, first: number, options: { count: number; killAfterMs?: number }): Promise<Life> {
  const started = spawn(process.execPath, [child, folder, `${first}`, `${options.count}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let words = ''
  let isDoomed = false
  started.stdout.on('data', (chunk: Buffer) => {
    words += chunk.toString()
    if (isDoomed || options.killAfterMs === undefined) return
    isDoomed = true
    void sleep(options.killAfterMs).then(() => started.kill('SIGKILL'))
  })
  await once(started, 'close')
  const lines = words.split('\n').slice(0, -1)
  return { acknowledged: lines.filter((line) => line !== 'done').map(Number), isDone: lines.includes('done') }
}

describe('the crash history in a file', function () {
  this.timeout(600_000)
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-crashes-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('has each crash that was in the outbox once, wherever its process was killed', async () => {
    const posted = new Set<number>()
    let killed = 0
    for (let round = 0; round < rounds; round += 1) {
      const life = await live(folder, round * 10_000, { count: 5_000, killAfterMs: 40 + ((round * 137) % 700) })
      for (const n of life.acknowledged) posted.add(n)
      if (!life.isDone) killed += 1
    }
    expect(killed).to.equal(rounds)
    expect((await live(folder, 0, { count: 0 })).isDone).to.equal(true)
    const history = new SqliteCrashHistory(join(folder, 'crashes.db'))
    const log = new SqliteLog(join(folder, 'notifications.db'))
    const kept = (await history.find({ limit: 1_000_000 })).map(({ id }) => Number(id.slice(5)))
    const lost = [...posted].filter((n) => !kept.includes(n))
    expect([lost, kept.length - new Set(kept).size]).to.deep.equal([[], 0])
    expect(await log.outbox({ limit: 10 })).to.deep.equal([])
    const words = await history.find({ text: '"the log of crash"', limit: 1_000_000 })
    expect(words.length).to.equal(kept.length)
    await history.close()
    await log.close()
  })

  describe('on a disk that is full', () => {
    let disk: SmallDisk | undefined
    before(async function () {
      disk = await mountSmallDisk(32)
      skipUnless(this, disk !== undefined, 'this machine lets nobody mount a disk')
    })
    after(() => disk?.remove())

    it('says so, harms nothing that is there, and goes on when there is room', async () => {
      const small = disk as SmallDisk
      const thread = new StoreThread()
      const history = new SqliteCrashHistory(join(small.folder, 'store', 'crashes.db'), thread)
      const log = new SqliteLog(join(folder, 'notifications.db'), thread)
      await history.write([numberedCrash(1, { log: logOf('before') })])
      await small.fill()
      const error = await fillUp(history)
      expect(error.code).to.equal('STORE_UNAVAILABLE')
      expect(error.message).to.include('the crash history').and.to.include('--crash-history-max-bytes')
      await log.takeOver(1)
      await log.write([ofAlert(numbered(1))], 1)
      await small.empty()
      await history.write([numberedCrash(9_000, { log: logOf('after') })])
      expect((await history.find({ text: 'before', limit: 5 })).map(({ id }) => id)).to.deep.equal(['crash000001'])
      expect((await history.find({ text: 'after', limit: 5 })).map(({ id }) => id)).to.deep.equal(['crash009000'])
      await history.close()
      await log.close()
    })
  })
})

async function fillUp(history: SqliteCrashHistory): Promise<OperatorError> {
  for (let n = 2; n < 2_000; n += 1) {
    try {
      await history.write([numberedCrash(n, { log: logOf(`some words ${n} `.repeat(1_000)) })])
    } catch (error) {
      if (error instanceof OperatorError) return error
      throw error
    }
  }
  throw new Error('it was never full')
}
