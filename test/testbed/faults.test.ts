import { expect } from 'chai'
import fc from 'fast-check'
import {
  cut,
  cutInLine,
  type FaultAction,
  garbage,
  repeatBytes,
  repeatLines,
  split,
  stall,
} from '../../hack/testbed/faults.ts'

interface Outcome {
  readonly bytes: Buffer
  readonly pieces: number
  readonly wasCut: boolean
}

/** What a client gets of a body that arrives in these chunks. */
async function play(action: FaultAction, chunks: readonly Buffer[]): Promise<Outcome> {
  let wasCut = false
  const client = {
    cut: async () => {
      wasCut = true
    },
    closed: Promise.resolve(),
  }
  async function* body() {
    yield* chunks
  }
  const pieces: Buffer[] = []
  for await (const piece of action.body!(body(), client)) pieces.push(piece)
  return { bytes: Buffer.concat(pieces), pieces: pieces.length, wasCut }
}

const chunked = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 10 },
)

const lines = ['{"a":1}\n', '{"b":"é"}\n', '{"c":3}\n']
const lineBytes = Buffer.from(lines.join(''))

/** The lines' bytes in chunks of any sizes. */
const lineChunks = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 }).map((sizes) => {
  const chunks: Buffer[] = []
  let start = 0
  for (const size of sizes) {
    if (start >= lineBytes.length) break
    chunks.push(lineBytes.subarray(start, start + size))
    start += size
  }
  return start < lineBytes.length ? [...chunks, lineBytes.subarray(start)] : chunks
})

describe('faults', () => {
  it('cut passes on exactly the bytes before it, however they arrive', () =>
    fc.assert(
      fc.asyncProperty(chunked, fc.nat(120), async (chunks, afterBytes) => {
        const all = Buffer.concat(chunks)
        const { bytes, wasCut } = await play(cut({ afterBytes }), chunks)
        expect(bytes).to.deep.equal(all.subarray(0, afterBytes))
        expect(wasCut).to.equal(all.length > 0 && all.length >= afterBytes)
      }),
    ))

  it('stall passes on exactly the bytes before it', () =>
    fc.assert(
      fc.asyncProperty(chunked, fc.nat(120), async (chunks, afterBytes) => {
        const { bytes, wasCut } = await play(stall({ afterBytes }), chunks)
        expect(bytes).to.deep.equal(Buffer.concat(chunks).subarray(0, afterBytes))
        expect(wasCut).to.equal(false)
      }),
    ))

  it('cutInLine leaves whole lines and a piece of one', () =>
    fc.assert(
      fc.asyncProperty(lineChunks, async (chunks) => {
        const { bytes, wasCut } = await play(cutInLine({ afterLines: 2, extraBytes: 4 }), chunks)
        expect(bytes.toString()).to.equal(`${lines[0]}${lines[1]}{"c"`)
        expect(wasCut).to.equal(true)
      }),
    ))

  it('repeatLines doubles the lines asked for and no other', () =>
    fc.assert(
      fc.asyncProperty(lineChunks, async (chunks) => {
        const once = await play(repeatLines({ fromLine: 1, times: 1 }), chunks)
        expect(once.bytes.toString()).to.equal([lines[0], lines[1], lines[1], lines[2]].join(''))
        const all = await play(repeatLines({ fromLine: 0 }), chunks)
        expect(all.bytes.toString()).to.equal(lines.map((line) => line + line).join(''))
      }),
    ))

  it('repeatBytes puts the last bytes in again at the place asked for', () =>
    fc.assert(
      fc.asyncProperty(lineChunks, async (chunks) => {
        const { bytes } = await play(repeatBytes({ afterBytes: 5, count: 3 }), chunks)
        expect(bytes).to.deep.equal(Buffer.concat([lineBytes.subarray(0, 5), lineBytes.subarray(2)]))
      }),
    ))

  it('garbage is put in once and loses nothing', () =>
    fc.assert(
      fc.asyncProperty(lineChunks, async (chunks) => {
        const { bytes } = await play(garbage({ afterBytes: 8, bytes: Buffer.from('??') }), chunks)
        expect(bytes.toString()).to.equal(`${lines[0]}??${lines[1]}${lines[2]}`)
      }),
    ))

  it('split passes every byte on, in pieces of the size asked for', async () => {
    const { bytes, pieces } = await play(split({ size: 1 }), [lineBytes])
    expect(bytes).to.deep.equal(lineBytes)
    expect(pieces).to.equal(lineBytes.length)
  })
})
