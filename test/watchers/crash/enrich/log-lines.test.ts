import { expect } from 'chai'
import { readLogLines } from '../../../../src/watchers/crash/enrich/log-lines.ts'

const at = (second: number) => `2026-11-21T16:00:0${second}.123456789Z`

const read = (text: string | Buffer, isCut = false) => readLogLines(Buffer.from(text), isCut)

describe('the lines of a log', () => {
  it('come without their timestamps, and with the time of the last', () => {
    expect(read(`${at(1)} one\n${at(2)} \n${at(3)} three\n`)).to.deep.equal({
      lines: ['one', '', 'three'],
      lastMs: Date.parse('2026-11-21T16:00:03.123Z'),
      complaint: undefined,
    })
  })

  it('may be stamped in the time of the node', () => {
    const { lines, lastMs } = read('2026-11-21T17:00:03.5+01:00 one\n')
    expect({ lines, lastMs }).to.deep.equal({ lines: ['one'], lastMs: Date.parse('2026-11-21T16:00:03.500Z') })
  })

  it('keep a timestamp that the container wrote itself', () => {
    expect(read(`${at(1)} 2025-01-01T00:00:00Z started\n`).lines).to.deep.equal(['2025-01-01T00:00:00Z started'])
  })

  it('are told from what the kubelet says in their place', () => {
    const words = 'unable to retrieve container logs for containerd://5c1e'
    expect(read(words)).to.deep.equal({ lines: [], lastMs: undefined, complaint: words })
  })

  it('are told from what the kubelet says after them', () => {
    const { lines, complaint } = read(`${at(1)} one\nfailed to read log file "/var/log/pods/0.log": input/output error`)
    expect(lines).to.deep.equal(['one'])
    expect(complaint).to.equal('failed to read log file "/var/log/pods/0.log": input/output error')
  })

  it('may say what the kubelet says, where it is the container that says it', () => {
    const { lines, complaint } = read(`${at(1)} unable to retrieve container logs for containerd://5c1e\n`)
    expect(lines).to.deep.equal(['unable to retrieve container logs for containerd://5c1e'])
    expect(complaint).to.equal(undefined)
  })

  it('begin with a whole one where the beginning is cut off', () => {
    expect(read(`assword=x\n${at(2)} two\n${at(3)} three`, true).lines).to.deep.equal(['two', 'three'])
  })

  it('are the end of one that is endless, without what may be half of a secret', () => {
    const { lines, complaint } = read(`${'x'.repeat(4_096)}${'y'.repeat(100)}`, true)
    expect({ lines, complaint }).to.deep.equal({ lines: ['y'.repeat(100)], complaint: undefined })
  })

  it('come as they are from a server that knows no timestamps', () => {
    expect(read('one\ntwo\n')).to.deep.equal({ lines: ['one', 'two'], lastMs: undefined, complaint: undefined })
  })

  it('may be none', () => {
    expect(read('')).to.deep.equal({ lines: [], lastMs: undefined, complaint: undefined })
  })

  it('are text whatever the bytes are', () => {
    const bytes = Buffer.concat([Buffer.from(`${at(1)} a`), Buffer.from([0xff, 0xfe, 0, 1, 2]), Buffer.from('b\n')])
    expect(read(bytes).lines).to.deep.equal(['a\uFFFDb'])
  })
})
