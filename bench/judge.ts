/**
 * What it costs to judge again after one pod has changed, against judging everything again: 5,000 nodes, 50,000 pods, 10
 * policies with 65 rules over every scope. No cluster is needed. Prints a table and, last, one line of JSON.
 *
 *     node --expose-gc bench/judge.ts        (QUICK=1: a tenth of the changes)
 */
import { capacityPolicy } from '../src/api/capacity-policy.ts'
import { CapacityEngine } from '../src/watchers/capacity/capacity-engine.ts'
import { projectNode } from '../src/watchers/capacity/node-facts.ts'
import { createPodProjection } from '../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../src/watchers/capacity/pod-object.ts'
import { type WatchedPolicy, watchPolicy } from '../src/watchers/capacity/watched-policy.ts'

const nodeCount = 5_000
const podCount = 50_000
const policyCount = 10
const namespaceCount = 200
const changeCount = process.env.QUICK === '1' ? 2_000 : 20_000
const fullCount = process.env.QUICK === '1' ? 3 : 10

let state = 36
/** The same numbers in every run (mulberry32). */
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}

const requests = [
  { cpu: '100m', memory: '128Mi' },
  { cpu: '250m', memory: '512Mi' },
  { cpu: '500m', memory: '1Gi' },
  { cpu: '1', memory: '2Gi', 'ephemeral-storage': '1Gi' },
  { cpu: '2500m', memory: '6Gi' },
]

function podObject(i: number): PodObject {
  const asked = requests[random(requests.length)]!
  const workload = `workload-${i % 2_000}`
  return {
    metadata: {
      name: `${workload}-7d9f8b6c5d-${i}`,
      namespace: `team-${i % namespaceCount}`,
      uid: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      labels: { app: workload, 'pod-template-hash': '7d9f8b6c5d' },
      ownerReferences: [{ kind: 'ReplicaSet', name: `${workload}-7d9f8b6c5d`, controller: true }],
    },
    spec: {
      nodeName: `node-${random(nodeCount)}`,
      containers: [
        { name: 'app', resources: { requests: asked, limits: i % 3 === 0 ? {} : asked } },
        { name: 'proxy', resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '128Mi' } } },
      ],
    },
    status: { phase: 'Running' },
  }
}

function policy(i: number): WatchedPolicy {
  const rule = (name: string, scope: string, measure: string, more: object) => ({ name, scope, measure, ...more })
  const spec = capacityPolicy.spec.parse({
    pool: { label: 'pool' },
    reminder: {},
    ...(i % 2 === 0 ? {} : { nodes: { selector: { matchExpressions: [{ key: 'pool', operator: 'Exists' }] } } }),
    rules: [
      rule('node-cpu', 'Node', 'Requests', { resource: 'cpu', above: 80 + i, clear: 75 }),
      rule('node-memory', 'Node', 'Limits', { resource: 'memory', above: 150, for: '5m' }),
      rule('node-pods', 'Node', 'Requests', { resource: 'pods', above: 90 }),
      rule('pod-cpu', 'Pod', 'Requests', { resource: 'cpu', above: 50 }),
      ...(i % 2 === 0 ? [rule('namespace-cpu', 'Namespace', 'Requests', { resource: 'cpu', above: 10 })] : []),
      rule('pool-memory', 'NodePool', 'Requests', { resource: 'memory', above: 85 }),
      ...(i % 2 === 0 ? [rule('n-plus-1', 'NodePool', 'Survive', {})] : []),
      ...(i % 2 === 1 ? [rule('cluster', 'Cluster', 'Requests', { resource: 'cpu', above: 90 })] : []),
    ],
  })
  return watchPolicy({ reference: { kind: 'CapacityPolicy', namespace: 'bench', name: `p${i}`, uid: `${i}` }, spec })
}

function heapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

interface Time {
  readonly wallMs: number
  /** Of this thread alone, for means: it is counted in steps of a millisecond or more. */
  readonly cpuMs: number
}

function timed(act: () => void): Time {
  const [startMs, startCpu] = [performance.now(), process.threadCpuUsage()]
  act()
  const { user, system } = process.threadCpuUsage(startCpu)
  return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1_000 }
}

/** Of the wall clock, which on a machine with other work to do counts that too; the mean of the thread's own time beside it. */
function summary(times: readonly Time[]): Distribution {
  const sorted = times.map(({ wallMs }) => wallMs).sort((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const cpuMeanMs = meanOf(times.map(({ cpuMs }) => cpuMs))
  return { cpuMeanMs, meanMs: meanOf(sorted), p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }
}

interface Distribution {
  readonly cpuMeanMs: number
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

function fill(engine: CapacityEngine): void {
  const project = createPodProjection()
  for (let i = 0; i < nodeCount; i += 1) {
    const metadata = { name: `node-${i}`, uid: `${i}`, labels: { pool: `pool-${i % 20}` } }
    const allocatable = { cpu: i % 10 === 0 ? '32' : '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }
    engine.putNode(projectNode({ metadata, status: { allocatable } }), 0)
  }
  for (let i = 0; i < podCount; i += 1) engine.putPod(project(JSON.parse(JSON.stringify(podObject(i)))), 0)
}

/** Pods that grow, shrink or come back elsewhere, and pods that go: only changes that make a difference. */
function judgeChanges(engine: CapacityEngine): Time[] {
  const project = createPodProjection()
  const times: Time[] = []
  while (times.length < changeCount) {
    const next = project(podObject(random(podCount)))
    const isThere = engine.ledger.pod(next.namespace, next.name) !== undefined
    const isRemoval = isThere && random(4) === 0
    times.push(
      timed(() => {
        if (isRemoval) engine.removePod(next.namespace, next.name, 1_000)
        else engine.putPod(next, 1_000)
      }),
    )
  }
  return times
}

const policies = Array.from({ length: policyCount }, (_, i) => policy(i))
let findings = 0
const tell = () => {
  findings += 1
}
const emptyBytes = heapBytes()
const engine = new CapacityEngine({ tell, maxSampleAgeMs: 90_000 })
const load = timed(() => fill(engine))
const ledgerBytes = heapBytes() - emptyBytes
const setUp = timed(() => {
  for (const one of policies) engine.setPolicy(one, 1_000)
})
const policiesBytes = heapBytes() - emptyBytes - ledgerBytes
judgeChanges(engine)
const change = summary(judgeChanges(engine))
const evaluateAll = () => {
  for (const { reference } of policies) engine.evaluate(reference, 1_000)
}
const full = summary(Array.from({ length: fullCount }, () => timed(evaluateAll)))

const result = {
  nodes: nodeCount,
  pods: podCount,
  policies: policyCount,
  rules: policies.reduce((sum, { rules }) => sum + rules.length, 0),
  changes: changeCount,
  findings,
  changeMeanMs: change.meanMs,
  changeP50Ms: change.p50Ms,
  changeP99Ms: change.p99Ms,
  changeMaxMs: change.maxMs,
  changeCpuMeanMs: change.cpuMeanMs,
  fullP50Ms: full.p50Ms,
  fullCpuMeanMs: full.cpuMeanMs,
  timesLess: full.meanMs / change.meanMs,
  loadMs: load.wallMs,
  setUpMs: setUp.wallMs,
  ledgerBytes,
  policiesBytes,
}

const ms = (value: number) => `${value.toFixed(value < 1 ? 3 : 1)} ms`
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const spread = ({ cpuMeanMs, meanMs, p50Ms, p99Ms, maxMs }: Distribution) =>
  `mean ${ms(meanMs)}, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}, max ${ms(maxMs)}; mean cpu ${ms(cpuMeanMs)}`
const rows: [string, string][] = [
  ['cluster', `${nodeCount} nodes, ${podCount} pods, ${policyCount} policies, ${result.rules} rules`],
  ['one pod changed', spread(change)],
  ['everything judged', spread(full)],
  ['times less', result.timesLess.toFixed(0)],
  ['heap: facts and ledger', mb(ledgerBytes)],
  ['heap: policies', mb(policiesBytes)],
  ['load, set-up of policies: cpu', `${ms(load.cpuMs)}, ${ms(setUp.cpuMs)}`],
]
for (const [name, value] of rows) console.log(`${name.padEnd(32)}${value}`)
console.log(JSON.stringify(result))
