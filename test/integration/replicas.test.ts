/**
 * Three operators, one of which tells: the leader is killed or stopped at seeded random moments while alerts come and go.
 * None is lost, and where the channel promises once, none is told twice.
 */
import { writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { missingForCluster } from '../../hack/testbed/cluster.ts'
import { type Mariadb, missingForMariadb, startMariadb } from '../../hack/testbed/mariadb.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { randomFrom } from '../support/random.ts'
import { skipUnless } from '../support/skip.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const rounds = process.env.DOGWATCH_TEST === 'full' ? 100 : 10
const leaseMs = 2_000
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
const lease = `/apis/coordination.k8s.io/v1/namespaces/${systemNamespace}/leases/dogwatch`

describe('replicas', function () {
  this.timeout(rounds * 60_000 + 300_000)
  let world: OperatorWorld
  let database: Mariadb
  let recorder: AlertRecorder
  let kubeconfig: string
  let flags: string[]
  const operators = new Set<OperatorProcess>()

  before(async function () {
    skipUnless(
      this,
      missingForCluster({ kwok: true }).length === 0,
      'the control plane is not built: hack/testbed/testbed build',
    )
    skipUnless(this, missingForMariadb() === undefined, missingForMariadb() ?? '')
    database = await startMariadb()
    recorder = await AlertRecorder.start()
    world = await startOperatorWorld()
    await world.namespace('apps')
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    kubeconfig = (await world.operatorAccess()).kubeconfig
    const urlFile = join(world.newFolder(), '../store-url')
    await writeFile(urlFile, database.url)
    const store = ['--store', 'mysql', '--store-url-file', urlFile, '--store-tls', 'off']
    flags = ['--lease-duration', `${leaseMs / 1000}s`, '--replicas', '3', '--allow-local-receivers', ...store]
    for (let n = 0; n < 3; n += 1) start()
  })

  after(async () => {
    await world?.stop()
    await database?.stop()
    await recorder?.stop()
  })

  function start(): OperatorProcess {
    const operator = world.operator(kubeconfig, flags)
    operators.add(operator)
    return operator
  }

  /** The one that holds the Lease and has said that it works. */
  const leader = (other?: OperatorProcess) =>
    eventually(
      'somebody leads',
      async () => {
        const holder = (await world.send('GET', lease))?.spec?.holderIdentity
        const found = [...operators].find(({ pid }) => holder === `${hostname()}_${pid}`)
        const isWorking = found?.log.findLast(({ message }) => message.startsWith('Operator is '))?.message
        return found !== other && isWorking === 'Operator is working' && found
      },
      60_000,
      () => [...operators].map(({ log, strayLines }) => [log.slice(-3), strayLines.slice(-3)]),
    )

  /** Nodes that fill up and, most of them, empty again; gives the names of those that were filled and of those that were emptied. */
  async function alerts(signal: AbortSignal): Promise<{ filled: string[]; emptied: string[] }> {
    const filled: string[] = []
    const emptied: string[] = []
    for (let n = 0; !signal.aborted; n += 1) {
      const name = `node-${n}`
      await world.node(name, { labels: { story: 'replicas' } })
      await world.pod('apps', `${name}-big`, { nodeName: name, requests: { cpu: '7' } })
      filled.push(name)
      const old = filled[n - 60]
      // What is over before anybody was told stays untold: nobody could tell that from a loss.
      if (old !== undefined && n % 4 !== 0 && wasTold(old)) {
        await world.deletePod('apps', `${old}-big`)
        emptied.push(old)
      }
      await sleep(250)
    }
    return { filled, emptied }
  }

  const namesOf = (state: 'firing' | 'ended') =>
    recorder.once().flatMap(({ message }) => message[state].map(({ object }) => object.name))

  it(`lose nothing and tell nothing twice in ${rounds} rounds of kills and pauses of the leader`, async () => {
    const random = randomFrom(seed)
    await leader()
    const rules = [{ name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }]
    const nodes = { selector: { matchLabels: { story: 'replicas' } } }
    await world.policy(systemNamespace, 'replicas', { nodes, rules, receivers: [{ name: 'hook' }] })
    const ending = new AbortController()
    const coming = alerts(ending.signal)
    const tookMs: number[] = []
    for (let round = 0; round < rounds; round += 1) tookMs.push(await strike(random))
    ending.abort()
    const { filled, emptied } = await coming
    await leader()
    await world.node('marker', { labels: { story: 'replicas' } })
    await world.pod('apps', 'marker-big', { nodeName: 'marker', requests: { cpu: '7' } })
    await eventually('the marker is told', () => namesOf('firing').includes('marker'))
    const isToldOf = (names: readonly string[], state: 'firing' | 'ended') =>
      names.every((name) => namesOf(state).includes(name))
    const isAllTold = () => isToldOf(filled, 'firing') && isToldOf(emptied, 'ended')
    await eventually('all is told', isAllTold, 60_000).catch(() => undefined)
    report(tookMs, filled.length)
    expect(
      filled.filter((name) => !namesOf('firing').includes(name)),
      `seed ${seed}: lost`,
    ).to.deep.equal([])
    expect(
      emptied.filter((name) => !namesOf('ended').includes(name)),
      'ends lost',
    ).to.deep.equal([])
    expect(doubled('firing').map(storyOf), `seed ${seed}: told twice`).to.deep.equal([])
    expect(doubled('ended').map(storyOf), `seed ${seed}: ended twice`).to.deep.equal([])
  })

  const wasTold = (name: string) => namesOf('firing').includes(name)

  function doubled(state: 'firing' | 'ended'): string[] {
    const names = namesOf(state)
    return names.filter((name, index) => names.indexOf(name) !== index)
  }

  /** Every message about an alert, for whoever has to find out why. */
  const storyOf = (name: string) =>
    recorder.recorded
      .filter(({ message }) => [...message.firing, ...message.ended].some(({ object }) => object.name === name))
      .map(({ key, atMs, message }) => [
        Math.round(atMs),
        key.slice(0, 8),
        message.reason,
        message.incident.slice(0, 8),
      ])

  /** Kills or pauses the leader; gives how long nobody led. */
  async function strike(random: () => number): Promise<number> {
    const struck = await leader()
    await sleep(200 + random() * 2_000)
    const isKill = random() < 0.5
    const startMs = performance.now()
    if (isKill) await struck.end('SIGKILL')
    else struck.signal('SIGSTOP')
    if (isKill) operators.delete(struck)
    await leader(struck)
    const tookMs = performance.now() - startMs
    if (isKill) start()
    else struck.signal('SIGCONT')
    return tookMs
  }

  function report(tookMs: readonly number[], count: number): void {
    const sorted = tookMs.toSorted((left, right) => left - right)
    const seconds = (ms: number | undefined) => `${((ms ?? 0) / 1000).toFixed(1)} s`
    const repeats = recorder.recorded.length - recorder.once().length
    console.log(
      `      ${count} alerts, ${recorder.recorded.length} messages of which ${repeats} under a key seen before`,
    )
    console.log(
      `      take-over after ${seconds(sorted[Math.floor(sorted.length / 2)])}, at most ${seconds(sorted.at(-1))}`,
    )
  }
})
