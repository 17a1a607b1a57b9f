import { expect } from 'chai'
import fc from 'fast-check'
import { aPolicy, CapacityWorld } from '../../support/capacity-world.ts'

/** One thing that happens to the cluster. */
type Step = (world: CapacityWorld) => void

const namespaces = ['shop', 'bank', 'bank-2']
const nodes = ['n1', 'n2', 'n3', 'ghost']
const pods = ['a', 'b', 'c', 'd', 'e', 'f']
const cpu = fc.constantFrom('0', '100m', '1', '1500m', '2', '3')
const memory = fc.constantFrom('0', '64Mi', '1Gi', '2Gi', '1G', '1e9')
const list = fc.record({ cpu, memory, 'example.com/gpu': fc.constantFrom('1', '2') }, { requiredKeys: [] })
const namespace = fc.constantFrom(...namespaces)
const node = fc.constantFrom(...nodes)
const pod = fc.constantFrom(...pods)
const usage = fc.record({ cpu, memory })

const putPod = fc
  .record({
    namespace,
    name: pod,
    node: fc.option(node, { nil: undefined }),
    uid: fc.constantFrom('1', '2'),
    phase: fc.constantFrom('Pending', 'Running', 'Running', 'Running', 'Succeeded', 'Failed'),
    requests: list,
    limits: list,
  })
  .map(({ node: where, ...shape }): Step => {
    return (world) => world.putPod({ ...shape, ...(where === undefined ? {} : { node: where }) })
  })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: putPod },
  fc.tuple(namespace, pod).map(
    ([where, name]): Step =>
      (world) =>
        world.removePod(where, name),
  ),
  {
    weight: 3,
    arbitrary: fc
      .tuple(node, list, cpu, fc.constantFrom('gold', 'gold', 'tin', ''), fc.constantFrom('1', '1', '2'))
      .map(([name, allocatable, cores, pool, uid]): Step => {
        const labels = { ...(pool === '' ? {} : { pool }), ...(cores === '1' ? {} : { chosen: 'yes' }) }
        return (world) => world.putNode(name, { cpu: cores, ...allocatable, pods: '3' }, labels, uid)
      }),
  },
  node.map(
    (name): Step =>
      (world) =>
        world.removeNode(name),
  ),
  fc.tuple(namespace, fc.constantFrom('blue', 'green')).map(
    ([name, team]): Step =>
      (world) =>
        world.putNamespace(name, { team }),
  ),
  namespace.map(
    (name): Step =>
      (world) =>
        world.removeNamespace(name),
  ),
  fc.tuple(namespace, cpu, cpu).map(([where, hard, used]): Step => {
    return (world) =>
      world.putQuota(where, 'q', { 'requests.cpu': hard, pods: '3' }, { 'requests.cpu': used, pods: '2' })
  }),
  namespace.map(
    (where): Step =>
      (world) =>
        world.removeQuota(where, 'q'),
  ),
  fc.tuple(node, usage).map(
    ([name, sample]): Step =>
      (world) =>
        world.sampleNode(name, sample),
  ),
  fc.tuple(namespace, pod, usage).map(
    ([where, name, sample]): Step =>
      (world) =>
        world.samplePod(where, name, sample),
  ),
  fc.constant<Step>((world) => world.sampleNothing()),
  fc.constantFrom(1_000, 45_000, 400_000).map(
    (durationMs): Step =>
      (world) =>
        world.pass(durationMs),
  ),
)

const everyRule = (scope: string, options: object) =>
  ['Requests', 'Limits', 'Utilization'].map((measure) => ({
    name: `${scope}-${measure}`.toLowerCase(),
    scope,
    measure,
    resource: 'cpu',
    above: 80,
    ...options,
  }))

const rules = [
  ...everyRule('Node', { clear: 60 }),
  ...everyRule('Pod', { for: '30s' }),
  ...everyRule('Namespace', {}),
  ...everyRule('NodePool', { for: '1m', clear: 50 }),
  ...everyRule('Cluster', {}),
  { name: 'node-pods', scope: 'Node', measure: 'Requests', resource: 'pods', above: 60 },
  { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 70 },
  { name: 'survive', scope: 'NodePool', measure: 'Survive' },
  { name: 'survive-two', scope: 'Cluster', measure: 'Survive', nodes: 2, for: '1m' },
]

const policies = [
  aPolicy('all', { pool: { label: 'pool' }, rules }),
  aPolicy('some', {
    pool: { label: 'pool' },
    nodes: { selector: { matchLabels: { chosen: 'yes' } } },
    namespaces: { selector: { matchLabels: { team: 'blue' } } },
    rules,
  }),
  aPolicy('named', {
    namespaces: { names: ['bank'] },
    rules: [...everyRule('Pod', {}), ...everyRule('Namespace', {})],
  }),
]

function worldWithPolicies(): CapacityWorld {
  const world = new CapacityWorld()
  for (const policy of policies) world.setPolicy(policy)
  return world
}

describe('incremental judgement', () => {
  it('finds after each change what a full evaluation finds, and nothing more', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const world = worldWithPolicies()
        for (const happen of steps) {
          happen(world)
          world.findings.length = 0
          const before = world.memory()
          world.evaluateAll()
          expect(world.news()).to.deep.equal([])
          expect(world.memory()).to.deep.equal(before)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('keeps the sums that a fresh count gives', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const world = worldWithPolicies()
        for (const happen of steps) happen(world)
        const fresh = freshCopy(world)
        for (const { reference } of policies) {
          expect(world.numbers(reference.name), reference.name).to.deep.equal(fresh.numbers(reference.name))
        }
      }),
      { numRuns: 300 },
    )
  })
})

/** The same objects in a new ledger, put in another order, and evaluators that begin when all is there. */
function freshCopy(world: CapacityWorld): CapacityWorld {
  const fresh = new CapacityWorld()
  for (const entry of [...world.ledger.namespaces.values()].reverse()) {
    if (entry.facts !== undefined) fresh.ledger.putNamespace(entry.facts)
    for (const quota of entry.quotas.values()) fresh.ledger.putQuota(quota)
    for (const facts of [...entry.pods.values()].reverse()) {
      fresh.ledger.putPod(facts)
      fresh.ledger.setPodSample(facts, entry.samples.get(facts.name))
    }
  }
  for (const { name, facts, sample } of [...world.ledger.nodes.values()].reverse()) {
    if (facts !== undefined) fresh.ledger.putNode(facts)
    fresh.ledger.setNodeSample(name, sample)
  }
  for (const policy of policies) fresh.setPolicy(policy)
  return fresh
}
