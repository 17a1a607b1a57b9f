import { expect } from 'chai'
import type { EpochWrite } from '../../src/store/fence.ts'
import { GroupCommit } from '../../src/store/group-commit.ts'

const fact = (name: string) => [{ type: 'setting', name, value: 'x' } as const]

/** What is written, in groups; each is under way until it is let go. */
class SlowDisk {
  readonly groups: string[][] = []
  readonly #waiting: (() => void)[] = []

  readonly commit = async (writes: readonly EpochWrite[]): Promise<[]> => {
    this.groups.push(writes.flatMap(({ rows }) => rows.flatMap((row) => ('key' in row ? row.key : []))))
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return []
  }

  turn(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

const aTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('writes of several callers', () => {
  it('go together where one follows from the other, promise after promise', async () => {
    const disk = new SlowDisk()
    const log = new GroupCommit(disk.commit)
    const record = log.write(fact('record'), 1)
    const message = Promise.resolve()
      .then(() => Promise.resolve())
      .then(() => log.write(fact('message'), 1))
    await aTurn()
    disk.turn()
    await Promise.all([record, message])
    expect(disk.groups).to.deep.equal([['record', 'message']])
  })

  it('go together where they came while another was written, in their order', async () => {
    const disk = new SlowDisk()
    const log = new GroupCommit(disk.commit)
    const all = [log.write(fact('first'), 1)]
    await aTurn()
    all.push(log.write(fact('second'), 1), log.write(fact('third'), 1))
    disk.turn()
    await aTurn()
    disk.turn()
    await Promise.all(all)
    expect(disk.groups).to.deep.equal([['first'], ['second', 'third']])
  })
})
