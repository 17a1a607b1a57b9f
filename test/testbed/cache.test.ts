import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { cachedFolder, withFileLock } from '../../hack/testbed/cache.ts'

describe('the cache of built parts', () => {
  const before = process.env.DOGWATCH_CACHE
  let cache: string

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'dogwatch-cache-'))
    process.env.DOGWATCH_CACHE = cache
  })
  afterEach(() => {
    if (before === undefined) delete process.env.DOGWATCH_CACHE
    else process.env.DOGWATCH_CACHE = before
    rmSync(cache, { recursive: true })
  })

  const write = async (folder: string) => writeFileSync(join(folder, 'file'), 'made')

  it('makes a folder once for all who ask at the same time', async () => {
    let made = 0
    const fill = async (folder: string) => {
      made += 1
      await sleep(30)
      await write(folder)
    }
    const folders = await Promise.all([1, 2, 3].map(() => cachedFolder('thing-1', fill)))
    expect(made).to.equal(1)
    expect(new Set(folders).size).to.equal(1)
    expect(readFileSync(join(folders[0]!, 'file'), 'utf8')).to.equal('made')
  })

  it('keeps nothing of a failed attempt, and the next one works', async () => {
    const fail = async (folder: string) => {
      await write(folder)
      throw new Error('no space')
    }
    const failure = await cachedFolder('thing-1', fail).catch((error: Error) => error.message)
    expect(failure).to.equal('no space')
    expect(readdirSync(cache)).to.deep.equal(['thing-1.lock'])
    expect(existsSync(join(await cachedFolder('thing-1', write), 'file'))).to.equal(true)
  })

  it('clears what a killed process was making', async () => {
    mkdirSync(join(cache, 'thing-1.making-abc'))
    mkdirSync(join(cache, 'thing-10.making-abc'))
    await cachedFolder('thing-1', write)
    expect(readdirSync(cache).sort()).to.deep.equal(['thing-1', 'thing-1.lock', 'thing-10.making-abc'])
  })

  it('locks: one at a time', async () => {
    let inside = 0
    let most = 0
    const work = () =>
      withFileLock(join(cache, 'lock'), async () => {
        inside += 1
        most = Math.max(most, inside)
        await sleep(10)
        inside -= 1
      })
    await Promise.all([work(), work(), work()])
    expect(most).to.equal(1)
  })
})
