/**
 * Everything that can happen to a pod, on a real kubelet: what is seen of it, what people are told, and when they are told nothing.
 * All cases run at the same time on one node. That nothing is told of one is only believed when a crash that came later was.
 */
import { expect } from 'chai'
import type { Cluster } from '../../hack/testbed/cluster.ts'
import { canRunNode } from '../../hack/testbed/node-host.ts'
import { AlertRecorder } from '../support/alert-recorder.ts'
import { type CrashCase, crashCases, followers, markerPod, namespaceOf, silentCases } from '../support/crash-cases.ts'
import { toldOf } from '../support/crash-messages.ts'
import { CrashWitness, type Witnessed } from '../support/crash-witness.ts'
import { eventually } from '../support/eventually.ts'
import type { OperatorProcess } from '../support/operator-process.ts'
import { type OperatorWorld, startOperatorWorld, systemNamespace } from '../support/operator-world.ts'
import { skipUnless } from '../support/skip.ts'

const allCases = [...crashCases, ...silentCases]
const markers = ['case-marker-1', 'case-marker-2']
const withinMs = 120_000

const wordsOf = ({ reason, container }: Witnessed): string =>
  container === undefined ? reason : `${reason} of ${container.name}`
const lineOf = (sighting: Witnessed): string => `${wordsOf(sighting)}: ${sighting.cause}`
/** That a pod has no node for some seconds is nothing to tell. */
const isMore = ({ reason }: Witnessed): boolean => reason !== 'Unschedulable'

describe('crashes on a real node', function () {
  this.timeout(240_000)
  let world: OperatorWorld
  let cluster: Cluster
  let recorder: AlertRecorder
  let operator: OperatorProcess
  let startOperator: () => OperatorProcess
  let witness: CrashWitness
  let acts: Map<CrashCase, Promise<void>>

  before(async function () {
    const ability = canRunNode()
    skipUnless(this, ability.ok, ability.ok ? '' : ability.reason)
    world = await startOperatorWorld({ node: true, kwok: false })
    cluster = world.cluster
    recorder = await AlertRecorder.start()
    await offerSeat()
    await startWatching()
    await applyAll()
    acts = new Map(allCases.map((one) => [one, one.act?.(cluster, namespaceOf(one)) ?? Promise.resolve()]))
    for (const act of acts.values()) act.catch(() => {})
  })

  after(async () => {
    await witness?.stop()
    await recorder?.stop()
    await world?.stop()
  })

  /** Something of which the node has one, so that two pods compete for it. */
  async function offerSeat(): Promise<void> {
    await world.merge('/api/v1/nodes/node-1/status', { status: { capacity: { 'example.com/seat': '1' } } })
  }

  async function startWatching(): Promise<void> {
    const { kubeconfig } = await world.operatorAccess()
    const dataDir = world.newFolder()
    startOperator = () => world.operator(kubeconfig, ['--allow-local-receivers'], dataDir)
    operator = await startOperator().working()
    await world.receiver(systemNamespace, 'hook', { webhook: { url: recorder.url } })
    await world.crashRoute(systemNamespace, 'all', {
      grouping: { wait: '0s', interval: '0s' },
      unschedulableFor: '45s',
      receivers: [{ name: 'hook' }],
    })
    const isReady = async () => (await world.crashStatus(systemNamespace, 'all')).open === 0
    await eventually('the route is at work', isReady, 60_000)
    witness = new CrashWitness(cluster.kubeconfigPath)
    await witness.whenSynced()
  }

  async function applyAll(): Promise<void> {
    const namespaces = [...allCases.map(namespaceOf), ...markers]
    await cluster.apply(namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
    await cluster.apply(
      allCases.flatMap((one) =>
        one.objects.map((object) => {
          const { metadata } = object as { metadata: object }
          return { ...object, metadata: { namespace: namespaceOf(one), ...metadata } }
        }),
      ),
    )
  }

  /** A crash that comes later than all that went before. */
  async function crashLater(namespace: string): Promise<void> {
    await cluster.apply([{ ...markerPod, metadata: { name: 'crash', namespace } }])
    await eventually('the crash that came later is seen', () => witness.in(namespace).length > 0)
    await eventually('the crash that came later is told', () => toldOf(recorder, namespace).length > 0)
  }

  async function expectSilence(): Promise<void> {
    await witness.whenSynced()
    const seen = silentCases.map((one) => [one.name, witness.in(namespaceOf(one)).filter(isMore).map(lineOf)])
    expect(seen).to.deep.equal(silentCases.map(({ name }) => [name, []]))
    expect(silentCases.flatMap((one) => toldOf(recorder, namespaceOf(one)))).to.deep.equal([])
  }

  for (const one of crashCases) {
    if (one.isUnseen !== true) {
      it(`sees ${one.name} as ${one.told.join(' and ')}`, async () => {
        await acts.get(one)
        const seen = () => witness.in(namespaceOf(one))
        const podsOf = (words: string) => new Set(seen().flatMap((one) => (wordsOf(one) === words ? [one.uid] : [])))
        const isSeen = () => one.told.every((words) => podsOf(words).size >= (one.pods ?? 1))
        await eventually(`${one.name} to be seen as ${one.told}`, isSeen, withinMs, seen)
        const meant = seen().filter((sighting) => one.told.includes(wordsOf(sighting)))
        for (const { workload } of meant)
          expect(`${workload.kind}/${workload.name}`).to.equal(one.workload ?? 'Pod/crash')
        if (one.words !== undefined) expect(meant.map(({ cause }) => cause).join('\n')).to.match(one.words)
      })
    }

    it(`tells people of ${one.name}, each reason, with what is known`, async () => {
      const told = () => toldOf(recorder, namespaceOf(one))
      const isTold = () => one.told.every((words) => told().some((crash) => crash.words === words))
      await eventually(`${one.name} to be told as ${one.told}`, isTold, withinMs, told)
      for (const { workload } of told()) expect(workload).to.equal(one.workload ?? 'Pod/crash')
      const { words = /./, noLog = /./, log = /^/ } = one
      // Where many crash at once, an end that somebody wanted may be told before the crash that comes after it.
      const isSaid = (wanted: RegExp) =>
        wanted.test(
          told()
            .flatMap(({ lines }) => lines)
            .join('\n'),
        )
      for (const wanted of [words, noLog])
        await eventually(`${wanted} of ${one.name}`, () => isSaid(wanted), withinMs, told)
      // While the kubelet changes from one file to the next it has no log to give; of the next crash it has.
      const hasLog = () => told().some((crash) => log.test(crash.log))
      await eventually(`a log of ${one.name} with ${log}`, hasLog, withinMs, told)
    })
  }

  it('tells nothing of what is no crash, although it tells of one that came later', async () => {
    for (const one of silentCases) await acts.get(one)
    await crashLater(markers[0]!)
    await expectSilence()
  })

  it('has seen and told of the others nothing but what they are', () => {
    const isMeant = (one: CrashCase, words: string) =>
      [...one.told, ...(one.also ?? [])].includes(words) || followers.some((reason) => words.startsWith(reason))
    const others = crashCases.flatMap((one) => {
      const seen = witness
        .in(namespaceOf(one))
        .filter((sighting) => isMore(sighting) && !isMeant(one, wordsOf(sighting)))
      const told = toldOf(recorder, namespaceOf(one)).filter(({ words }) => !isMeant(one, words))
      return [...seen.map((sighting) => `${one.name}: ${lineOf(sighting)}`), ...told]
    })
    expect(others).to.deep.equal([])
  })

  it('has counted every restart', async () => {
    const { items } = JSON.parse(await cluster.mustKubectl(['get', 'pods', '-A', '-o', 'json']))
    // Of a pod that was ended from outside the kubelet may count a container that it lost.
    const going = items.filter(({ status }: { status: { reason?: string } }) => status.reason === undefined)
    expect(going.length).to.be.greaterThan(20)
    const wanted = new Map(allCases.map((one) => [namespaceOf(one), one.wantedRestarts ?? 0]))
    for (const { metadata, status } of going) {
      for (const { name, restartCount } of status.containerStatuses ?? []) {
        const told = witness.in(metadata.namespace).filter((one) => !one.isTrouble && one.uid === metadata.uid)
        const runs = told.filter((one) => one.container?.name === name && one.exitCode !== undefined)
        const counted = runs.reduce((sum, { crashes }) => sum + crashes, 0)
        const crashes = restartCount - (wanted.get(metadata.namespace) ?? 0)
        expect(counted, `${metadata.namespace}/${metadata.name} ${name}`).to.be.within(crashes, crashes + 1)
      }
    }
  })

  it('takes neither a kubelet nor an operator that starts again for a crash, and tells nothing twice', async () => {
    const steady = () => witness.in(namespaceOf(crashCases[0]!)).length
    await operator.end('SIGKILL')
    await cluster.part('kubelet').restart()
    const before = steady()
    await eventually('crashes seen after the restart', () => steady() > before, withinMs)
    operator = await startOperator().working()
    await crashLater(markers[1]!)
    await expectSilence()
    const firsts = recorder.once().flatMap(({ message }) => {
      const { reason, at, firing } = message
      return reason === 'first' ? firing.map(({ key, title }) => ({ key, told: `${at} ${title}` })) : []
    })
    const twice = [...Map.groupBy(firsts, ({ key }) => key).values()].filter(({ length }) => length > 1)
    expect(twice).to.deep.equal([])
  })

  it('has seen nothing twice, and would not if it started again', async () => {
    await witness.whenSynced()
    const seen = witness.crashKeys
    expect(seen.length).to.equal(new Set(seen).size)
    const next = new CrashWitness(cluster.kubeconfigPath, witness.memories)
    try {
      await next.whenSynced()
      expect(next.crashKeys.filter((key) => seen.includes(key))).to.deep.equal([])
    } finally {
      await next.stop()
    }
  })
})
