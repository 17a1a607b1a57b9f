/** Whenever the process is killed, and if the cluster is rolled back: each crash is kept once and told once. */
import { expect } from 'chai'
import fc from 'fast-check'
import { CrashRehearsal, type Heard } from '../../support/crash-rehearsal.ts'

const numRuns = process.env.DOGWATCH_TEST === 'full' ? 5_000 : 300
const names = ['a-1', 'a-2', 'b-1', 'c-1'] as const
const name = fc.constantFrom(...names)
type Act = (rehearsal: CrashRehearsal) => void | Promise<void>

const act = (words: string, does: Act) => Object.assign(does, { toString: () => words })
const named = (word: string, does: (rehearsal: CrashRehearsal, name: string) => void) =>
  name.map((one) => act(`${word} ${one}`, (rehearsal) => does(rehearsal, one)))
const timed = fc
  .integer({ min: 1, max: 100 })
  .map((seconds) => act(`pass ${seconds}`, (rehearsal) => rehearsal.pass(seconds)))
const started = act('start', (rehearsal) => rehearsal.start())
const killed = fc.integer({ min: 0, max: 3 }).map((lost) => act(`kill ${lost}`, (rehearsal) => rehearsal.kill(lost)))

const common = [
  { weight: 2, arbitrary: named('crash', (rehearsal, one) => rehearsal.crash(one, 'running')) },
  { weight: 2, arbitrary: named('crash and wait', (rehearsal, one) => rehearsal.crash(one, 'waiting')) },
  { weight: 2, arbitrary: named('end', (rehearsal, one) => rehearsal.crash(one, 'ended')) },
  { weight: 3, arbitrary: named('ready', (rehearsal, one) => rehearsal.becomeReady(one)) },
  { weight: 4, arbitrary: fc.constant(act('conclude', (rehearsal) => rehearsal.conclude())) },
  { weight: 3, arbitrary: timed },
  { weight: 1, arbitrary: killed },
  { weight: 2, arbitrary: fc.constant(started) },
]
const replaced = [
  { weight: 1, arbitrary: named('remove', (rehearsal, one) => rehearsal.remove(one)) },
  { weight: 2, arbitrary: named('put', (rehearsal, one) => rehearsal.put(one)) },
]
const rolledBack = [
  { weight: 1, arbitrary: fc.constant(act('save', (rehearsal) => rehearsal.saveSnapshot())) },
  { weight: 1, arbitrary: fc.constant(act('roll back', (rehearsal) => rehearsal.rollBack())) },
]

async function play(acts: readonly Act[]): Promise<CrashRehearsal> {
  const rehearsal = new CrashRehearsal()
  for (const one of names) rehearsal.put(one)
  for (const act of acts) await act(rehearsal)
  rehearsal.start()
  rehearsal.concludeAll()
  return rehearsal
}

/** What began an incident for people, although they had been told of it in an earlier one. */
function toldAgain(heard: readonly Heard[], isMeant: (one: Heard) => boolean = () => true): string[] {
  const open = new Set<string>()
  const known = new Set<string>()
  return heard.flatMap((one) => {
    const { key, state, crashId } = one
    const isFirst = state === 'firing' && !open.has(key)
    const word = `${key} ${crashId}`
    const isAgain = isFirst && crashId !== undefined && known.has(word) && isMeant(one)
    if (state === 'firing') open.add(key)
    else open.delete(key)
    known.add(word)
    return isAgain ? [word] : []
  })
}

describe('crashes over restarts', function () {
  this.timeout(120_000)

  it('are each kept once and told once, whatever is killed when', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...common), { maxLength: 60, size: 'max' }), async (acts) => {
        const { pods, kept, heard } = await play(acts)
        const wanted = pods.map(({ uid, crashes }) => [uid, crashes])
        expect(pods.map(({ uid }) => [uid, kept.get(uid) ?? 0])).to.deep.equal(wanted)
        expect(toldAgain(heard)).to.deep.equal([])
      }),
      { numRuns },
    ))

  it('are told once where pods come and go too', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...common, ...replaced), { maxLength: 60, size: 'max' }), async (acts) => {
        const { pods, kept, heard, seen } = await play(acts)
        const wanted = pods.map(({ uid, crashes }) => [uid, crashes])
        expect(pods.map(({ uid }) => [uid, kept.get(uid) ?? 0])).to.deep.equal(wanted)
        for (const [uid, crashes] of kept) expect(crashes).to.be.at.most(seen.get(uid) ?? 0)
        expect(toldAgain(heard)).to.deep.equal([])
      }),
      { numRuns },
    ))

  it('are not told again by a cluster that was rolled back', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(...common, ...replaced, ...rolledBack), { maxLength: 60, size: 'max' }),
        async (acts) => {
          const { heard, pods, kept } = await play(acts)
          // That a container waits is told as the cluster shows it.
          expect(toldAgain(heard, ({ isCrash }) => isCrash)).to.deep.equal([])
          for (const { uid, crashes } of pods) expect(kept.get(uid) ?? 0).to.be.at.least(Math.min(crashes, 1))
        },
      ),
      { numRuns },
    ))
})
