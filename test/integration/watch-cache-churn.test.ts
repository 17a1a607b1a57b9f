/** A cluster that never rests must not make the watch cache grow: objects, watches and connections come and go for a while. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { BulkWriter } from '../support/bulk-writer.ts'
import { eventually } from '../support/eventually.ts'

interface Sample {
  readonly rssBytes: number
  readonly changes: number
  readonly objects: number
  readonly syncs: number
  readonly closed: number
}

const isFull = process.env.DOGWATCH_TEST === 'full'
const churnSeconds = isFull ? 60 : 24
const liveObjects = 400

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

describe('watch cache in a churn', function () {
  this.timeout((churnSeconds + 300) * 1000)
  let cluster: Cluster
  let writer: BulkWriter
  let child: ChildProcess | undefined

  before(async () => {
    cluster = await startCluster({ controllers: false })
    writer = new BulkWriter(cluster)
  })

  after(async () => {
    child?.kill('SIGKILL')
    await writer?.close()
    await cluster?.stop()
  })

  it(`keeps its size over ${churnSeconds} s`, async () => {
    const samples: Sample[] = []
    child = spawn(
      process.execPath,
      [new URL('../support/churn-child.ts', import.meta.url).pathname, cluster.kubeconfigPath],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    createInterface({ input: child.stdout! }).on('line', (line) => samples.push(JSON.parse(line)))
    while (samples.length === 0) await sleep(50)
    const first = samples.length
    const endMs = performance.now() + churnSeconds * 1000
    let written = 0
    const churn = async (lane: number) => {
      for (let turn = 0; performance.now() < endMs; turn += 1) {
        const name = `churn-${lane}-${turn % (liveObjects / lanes)}`
        await writer.put(name, `turn ${turn} ${'x'.repeat(2_000)}`)
        if (turn % 5 === 0) await writer.remove(name)
        written += 1
      }
    }
    const lanes = 8
    await Promise.all(Array.from({ length: lanes }, (_, lane) => churn(lane)))
    await eventually('all changes are seen', () => samples.at(-1)!.changes >= written)
    const during = samples.slice(first)
    const around = (at: number) => median(during.slice(Math.max(0, at - 3), at + 1).map(({ rssBytes }) => rssBytes))
    const last = during.at(-1)!
    expect(last.changes).to.be.at.least(written)
    expect(last.closed).to.be.greaterThan(1)
    expect(last.syncs).to.equal(1)
    // The heap finds its size while the first third runs.
    const growth = around(during.length - 1) / around(Math.floor(during.length / 3))
    expect(
      growth,
      `${written} writes, RSS in MB: ${during.map(({ rssBytes }) => Math.round(rssBytes / 1e6))}`,
    ).to.be.at.most(1.1)
  })
})
