import { expect } from 'chai'
import fc from 'fast-check'
import { type JudgeInput, judge, nextCheckAtMs, okVerdict, type Verdict } from '../../../src/watchers/capacity/judge.ts'
import type { Measurement } from '../../../src/watchers/capacity/measurement.ts'

const known = (used: number, of = 100, isAtLeast = false): Measurement => ({
  isKnown: true,
  usedNano: BigInt(used),
  ofNano: BigInt(of),
  base: 'Allocatable',
  isAtLeast,
})
const unknown: Measurement = { isKnown: false, reason: 'NoSample' }

const thresholds = { abovePercent: 80n, clearPercent: 75n, forMs: 300 }

/** Judges one number after another, at the times given; gives the events with their times. */
function play(rows: readonly [nowMs: number, measurement: Measurement][], options: Partial<JudgeInput> = {}) {
  let verdict: Verdict = okVerdict
  const events: string[] = []
  for (const [nowMs, measurement] of rows) {
    const judgement = judge(verdict, { thresholds, ...options, measurement, nowMs })
    verdict = judgement.verdict
    if (judgement.event !== undefined) events.push(`${nowMs} ${judgement.event}`)
  }
  return { events, verdict }
}

describe('judge', () => {
  it('is strict: equal to the threshold is not above it', () => {
    const now = { ...thresholds, forMs: 0 }
    expect(play([[0, known(80)]], { thresholds: now }).events).to.deep.equal([])
    expect(play([[0, known(81)]], { thresholds: now }).events).to.deep.equal(['0 raise'])
  })

  it('rounds nothing: a hair above is above, where a percent cut off to 80 would say no', () => {
    const huge = 10 ** 15
    const now = { ...thresholds, forMs: 0 }
    expect(play([[0, known((huge / 100) * 80 + 1, huge)]], { thresholds: now }).events).to.deep.equal(['0 raise'])
    expect(play([[0, known((huge / 100) * 80, huge)]], { thresholds: now }).events).to.deep.equal([])
  })

  it('waits for all of `for`, from when it went above', () => {
    const rows = [0, 100, 299, 300, 400].map((atMs): [number, Measurement] => [atMs, known(90)])
    const { events, verdict } = play(rows)
    expect(events).to.deep.equal(['300 raise'])
    expect(verdict).to.deep.include({ phase: 'Firing', sinceMs: 0 })
  })

  it('starts `for` anew when the number was not above in between', () => {
    const { events } = play([
      [0, known(90)],
      [200, known(80)],
      [250, known(90)],
      [300, known(90)],
      [549, known(90)],
      [550, known(90)],
    ])
    expect(events).to.deep.equal(['550 raise'])
  })

  it('recovers at `clear`, not between `clear` and `above`', () => {
    const { events } = play(
      [
        [0, known(90)],
        [1, known(80)],
        [2, known(76)],
        [3, known(81)],
        [4, known(75)],
        [5, known(76)],
      ],
      { thresholds: { ...thresholds, forMs: 0 } },
    )
    expect(events).to.deep.equal(['0 raise', '4 recover'])
  })

  it('neither fires nor recovers on what is not known, and says that it does not know', () => {
    const now = { thresholds: { ...thresholds, forMs: 0 } }
    expect(play([[0, unknown]], now)).to.deep.equal({ events: [], verdict: { phase: 'Ok', isUnknown: true } })
    const { events, verdict } = play(
      [
        [0, known(90)],
        [1, unknown],
        [2, unknown],
      ],
      now,
    )
    expect(events).to.deep.equal(['0 raise'])
    expect(verdict).to.deep.include({ phase: 'Firing', isUnknown: true, sinceMs: 0 })
  })

  it('starts `for` anew after a gap in what is known', () => {
    const { events } = play([
      [0, known(90)],
      [100, unknown],
      [200, known(90)],
      [300, known(90)],
      [499, known(90)],
      [500, known(90)],
    ])
    expect(events).to.deep.equal(['500 raise'])
  })

  it('takes a lower bound that is above for what it is, and any other as not known', () => {
    const now = { thresholds: { ...thresholds, forMs: 0 } }
    expect(play([[0, known(90, 100, true)]], now).events).to.deep.equal(['0 raise'])
    expect(play([[0, known(10, 100, true)]], now).verdict).to.deep.equal({ phase: 'Ok', isUnknown: true })
    const rows: [number, Measurement][] = [
      [0, known(90)],
      [1, known(10, 100, true)],
    ]
    expect(play(rows, now).events).to.deep.equal(['0 raise'])
  })

  it('raises once, however long it lasts', () => {
    const rows: [number, Measurement][] = [0, 1_000, 86_400_000].map((atMs) => [atMs, known(90)])
    const { events } = play(rows, { thresholds: { ...thresholds, forMs: 0 } })
    expect(events).to.deep.equal(['0 raise'])
  })

  it('says when to look again: the end of `for`, else never', () => {
    const next = (verdict: Verdict) => nextCheckAtMs(verdict, thresholds)
    expect(next(okVerdict)).to.equal(undefined)
    expect(next({ phase: 'Pending', sinceMs: 50 })).to.equal(350)
    expect(next({ phase: 'Firing', isUnknown: false, sinceMs: 0 })).to.equal(undefined)
  })

  it('does not raise again what was open before a restart, and says then that it is over', () => {
    const restored: Verdict = { phase: 'Firing', isUnknown: false, sinceMs: -500 }
    const input = { thresholds, nowMs: 0 }
    expect(judge(restored, { ...input, measurement: known(90) })).to.deep.equal({ verdict: restored })
    expect(judge(restored, { ...input, measurement: known(70) })).to.deep.equal({
      verdict: okVerdict,
      event: 'recover',
    })
  })

  it('raises and recovers in turn, whatever the numbers do', () => {
    const measurement = fc.oneof(
      fc.nat(120).map((used) => known(used)),
      fc.constant(unknown),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(500), measurement), { maxLength: 60 }), (rows) => {
        let nowMs = 0
        const timed = rows.map(([waitMs, one]): [number, Measurement] => {
          nowMs += waitMs
          return [nowMs, one]
        })
        const { events } = play(timed)
        const words = events.map((event) => event.split(' ')[1])
        for (const [i, word] of words.entries()) expect(word).to.equal(i % 2 === 0 ? 'raise' : 'recover')
      }),
    )
  })
})
