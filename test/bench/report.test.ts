import { expect } from 'chai'
import {
  isMet,
  median,
  percentile,
  type Report,
  renderMarkdown,
  renderText,
  unmetBars,
  verdict,
} from '../../bench/report.ts'
import type { Bar } from '../../bench/work.ts'

const atMost = (value: number): Bar => ({ what: 'time / peer', unit: 'x', comparison: '<=', limit: 1.5, value })
const atLeast = (value: number): Bar => ({ what: 'times less', unit: 'x', comparison: '>=', limit: 100, value })

function report(bars: readonly Bar[]): Report {
  return {
    environment: {
      commit: 'abc123',
      startedAt: '2026-11-21T10:00:00Z',
      isQuick: false,
      machine: { processor: 'a processor', cores: 2, memoryBytes: 24 * 2 ** 30 },
      loadAverage: 0.25,
      versions: { node: '24.21.0', kubernetes: 'v1.36.3' },
      cluster: { nodes: 5_000, pods: 50_000 },
    },
    seconds: 61.7,
    works: [
      {
        name: 'capacity-nodes',
        title: 'Capacity',
        subjects: [
          { name: 'ours', timesMs: [3_000, 5_000, 4_000], peakBytes: [120e6, 130e6, 125e6] },
          { name: 'theirs | raw', timesMs: [2_000], figures: { 'lag p99 ms': 0.1234 } },
        ],
        bars,
        notes: ['Measured in turn.'],
      },
    ],
    failures: [],
  }
}

describe('bench report', () => {
  describe('figures', () => {
    it('takes the middle of an odd and of an even number of values, in whatever order they came', () => {
      expect(median([9, 1, 5])).to.equal(5)
      expect(median([4, 1, 3, 2])).to.equal(2.5)
      expect(median([])).to.be.NaN
    })

    it('gives percentiles that are measured values', () => {
      const values = Array.from({ length: 200 }, (_, index) => 200 - index)
      expect(percentile(values, 50)).to.equal(100)
      expect(percentile(values, 99)).to.equal(198)
      expect(percentile(values, 100)).to.equal(200)
      expect(percentile([7], 99)).to.equal(7)
      expect(percentile([], 99)).to.be.NaN
    })
  })

  describe('bars', () => {
    it('are met at the limit, and missed beyond it', () => {
      expect(isMet(atMost(1.5))).to.equal(true)
      expect(isMet(atMost(1.501))).to.equal(false)
      expect(isMet(atLeast(100))).to.equal(true)
      expect(isMet(atLeast(99))).to.equal(false)
    })

    it('say by how much they were missed', () => {
      expect(verdict(atMost(1.2))).to.equal('met')
      expect(verdict(atMost(1.8))).to.equal('NOT MET, 20 % off')
      expect(verdict(atMost(1.5001))).to.equal('NOT MET, 1 % off')
      expect(verdict(atLeast(50))).to.equal('NOT MET, 100 % off')
    })

    it('count as missed when nothing was measured', () => {
      const bar = atMost(Number.NaN)
      expect(isMet(bar)).to.equal(false)
      expect(verdict(bar)).to.equal('NOT MET: not measured')
      expect(unmetBars(report([bar, atMost(1)]))).to.deep.equal([bar])
    })
  })

  it('shows a terminal what was compared, the median with its range, and every bar', () => {
    const lines = renderText(report([atMost(2), atLeast(2872)])).split('\n')
    expect(lines[0]).to.equal('Commit abc123, 2026-11-21T10:00:00Z, 62 s.')
    expect(lines).to.include('Versions: node 24.21.0, kubernetes v1.36.3.')
    expect(lines).to.include('  ours          4.00 (3.00 to 5.00)  125 (120 to 130)  -')
    expect(lines).to.include('  theirs | raw  2.00                 -                 lag p99 ms 0.12')
    expect(lines).to.include('  time / peer  <= 1.5x  2x        NOT MET, 33 % off')
    expect(lines).to.include('  times less   >= 100x  2,872x    met')
    expect(lines.at(-1)).to.equal('1 of 2 bars met')
  })

  it('leaves out columns that no subject has', () => {
    expect(renderText(report([]))).not.to.contain('CPU s')
  })

  it('writes Markdown whose tables hold, whatever a name contains', () => {
    const text = renderMarkdown(report([atMost(1.2)]))
    const rows = text.split('\n').filter((line) => line.startsWith('| '))
    expect(rows).to.include('| theirs \\| raw | 2.00 | - | lag p99 ms 0.12 |')
    expect(rows).to.include('| time / peer | <= 1.5x | 1.2x | met |')
    expect(text).to.contain('**1 of 1 bars met.**')
    expect(text).to.contain('* Machine: 2 cores (a processor), 24 GiB')
  })

  it('does not hide what could not be measured', () => {
    const failed = { ...report([atMost(1)]), failures: [{ title: 'Replay', reason: 'the server ended' }] }
    expect(renderText(failed)).to.contain('Replay\n  NOT MEASURED: the server ended')
    expect(renderText(failed)).to.contain('1 of 1 bars met, 1 not measured')
    expect(renderMarkdown(failed)).to.contain('Not measured: the server ended')
  })
})
