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

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

function timed(act: () => void): number {
  const start = performance.now()
  act()
  return performance.now() - start
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
function judgeChanges(engine: CapacityEngine): number[] {
  const project = createPodProjection()
  const times: number[] = []
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
  return times.sort((a, b) => a - b)
}

const policies = Array.from({ length: policyCount }, (_, i) => policy(i))
let findings = 0
const tell = () => {
  findings += 1
}
const emptyBytes = heapBytes()
const engine = new CapacityEngine({ tell, maxSampleAgeMs: 90_000 })
const loadMs = timed(() => fill(engine))
const ledgerBytes = heapBytes() - emptyBytes
const setUpMs = timed(() => {
  for (const one of policies) engine.setPolicy(one, 1_000)
})
const policiesBytes = heapBytes() - emptyBytes - ledgerBytes
judgeChanges(engine)
const changes = judgeChanges(engine)
const fulls = Array.from({ length: fullCount }, () =>
  timed(() => {
    for (const { reference } of policies) engine.evaluate(reference, 1_000)
  }),
).sort((a, b) => a - b)

const result = {
  nodes: nodeCount,
  pods: podCount,
  policies: policyCount,
  rules: policies.reduce((sum, { rules }) => sum + rules.length, 0),
  findings,
  changes: changes.length,
  changeMeanMs: changes.reduce((sum, one) => sum + one, 0) / changes.length,
  changeP50Ms: percentile(changes, 0.5),
  changeP99Ms: percentile(changes, 0.99),
  changeMaxMs: percentile(changes, 1),
  fullP50Ms: percentile(fulls, 0.5),
  timesLess: 0,
  timesLessAtP99: 0,
  loadMs,
  setUpMs,
  ledgerBytes,
  policiesBytes,
}
result.timesLess = result.fullP50Ms / result.changeMeanMs
result.timesLessAtP99 = result.fullP50Ms / result.changeP99Ms

const ms = (value: number) => `${value.toFixed(value < 1 ? 4 : 1)} ms`
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
const rows: [string, string][] = [
  ['cluster', `${nodeCount} nodes, ${podCount} pods, ${policyCount} policies, ${result.rules} rules`],
  [
    'one pod changed, judged',
    `mean ${ms(result.changeMeanMs)}, p50 ${ms(result.changeP50Ms)}, p99 ${ms(result.changeP99Ms)}, max ${ms(result.changeMaxMs)}`,
  ],
  ['everything judged', `p50 ${ms(result.fullP50Ms)}`],
  ['times less', `${result.timesLess.toFixed(0)} (at p99 ${result.timesLessAtP99.toFixed(0)})`],
  ['heap: facts and ledger', mb(ledgerBytes)],
  ['heap: policies', mb(policiesBytes)],
  ['load, set-up of policies', `${ms(loadMs)}, ${ms(setUpMs)}`],
]
for (const [name, value] of rows) console.log(`${name.padEnd(28)}${value}`)
console.log(JSON.stringify(result))
