/**
 * What tools of this kind are known to get wrong, one by one. The two about a server (the metrics API asked as somebody else,
 * the numbers of `kubectl describe node`) are in test/integration/cli.test.ts too.
 */
import { expect } from 'chai'
import { buildReport } from '../../../src/cli/capacity/build-report.ts'
import type { ClusterFacts } from '../../../src/cli/capacity/cluster-facts.ts'
import { createPodRecordProjection } from '../../../src/cli/capacity/pod-record.ts'
import type { CapacityQuery } from '../../../src/cli/capacity/query.ts'
import { parseSortKey } from '../../../src/cli/capacity/sort-items.ts'
import { capacityCommand } from '../../../src/cli/commands/capacity.ts'
import { type NodeObject, projectNode } from '../../../src/watchers/capacity/node-facts.ts'
import type { PodObject } from '../../../src/watchers/capacity/pod-object.ts'
import { container, list, node, nodeMetrics, pod, podMetrics } from '../../support/capacity-dump.ts'
import { runCli } from '../../support/cli.ts'

const json = async (args: readonly string[], ...objects: readonly Record<string, unknown>[]) => {
  const { stdout, stderr, exitCode } = await runCli(
    [capacityCommand],
    ['capacity', ...args, '--file', '-', '-o', 'json'],
    { stdin: list(...objects) },
  )
  expect(exitCode, stderr).to.equal(0)
  return JSON.parse(stdout)
}

const named = (items: { name: string }[], name: string) => items.find((item) => item.name === name)

describe('mistakes that capacity does not make', () => {
  it('takes pod b-c of namespace a and pod c of namespace a-b for two pods', async () => {
    const { items } = await json(
      ['pods', '-u'],
      node('n'),
      pod('a-b', 'c', [container('x', ['100m'])], { node: 'n' }),
      pod('a', 'b-c', [container('x', ['200m'])], { node: 'n' }),
      podMetrics('a-b', 'c', { x: '10m/1Mi' }),
      podMetrics('a', 'b-c', { x: '20m/2Mi' }),
    )
    const usages = items.map(({ namespace, usage }: { namespace: string; usage: object }) => [namespace, usage])
    expect(usages).to.deep.equal([
      ['a', { cpu: '20m', memory: '2Mi' }],
      ['a-b', { cpu: '10m', memory: '1Mi' }],
    ])
  })

  it('counts what sidecars use, so that the containers of a pod add up to the pod', async () => {
    const { items } = await json(
      ['pods', '--containers', '-u'],
      node('n'),
      pod('a', 'p', [container('app', ['100m'])], {
        node: 'n',
        init: [container('proxy', ['50m'], { restartPolicy: 'Always' })],
      }),
      podMetrics('a', 'p', { app: '30m/3Mi', proxy: '20m/2Mi' }),
    )
    expect(items[0].usage).to.deep.equal({ cpu: '50m', memory: '5Mi' })
    expect(named(items[0].containers, 'proxy')).to.deep.include({
      status: ['sidecar'],
      requests: { cpu: '50m', memory: '0', 'ephemeral-storage': '0' },
      usage: { cpu: '20m', memory: '2Mi' },
    })
  })

  it('compares the same pods on both sides when pods are filtered: usage is theirs, not that of the whole node', async () => {
    const objects = [
      node('n'),
      pod('a', 'p', [container('x', ['1/1Gi'])], { node: 'n', labels: { app: 'web' } }),
      pod('a', 'q', [container('x', ['2/2Gi'])], { node: 'n', labels: { app: 'db' } }),
      nodeMetrics('n', '3500m/7Gi'),
      podMetrics('a', 'p', { x: '300m/512Mi' }),
      podMetrics('a', 'q', { x: '1500m/1Gi' }),
    ]
    const all = await json(['-u'], ...objects)
    expect(all.basis).to.deep.equal([])
    expect(all.items[0]).to.deep.include({ usage: { cpu: '3500m', memory: '7Gi' } })
    for (const filter of [
      ['-l', 'app=web'],
      ['-n', 'a', '-l', 'app!=db'],
    ]) {
      const { items, cluster, basis } = await json(['-u', ...filter], ...objects)
      expect(items[0]).to.deep.include({ requests: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '0', pods: '1' } })
      expect(items[0].usage).to.deep.equal({ cpu: '300m', memory: '512Mi' })
      expect(items[0].percent.usage).to.deep.equal({ cpu: 7.5, memory: 6.25 })
      expect(cluster.usage).to.deep.equal(items[0].usage)
      expect(items[0], 'what others took is not available either').not.to.have.property('available')
      expect(basis.join(' ')).to.match(
        /^Only pods .*1 pod\. Percents are of all that the nodes can allocate\. Usage is/,
      )
    }
  })

  it('looks at each pod once, however many nodes there are', () => {
    const looks = (nodeCount: number): number => {
      let count = 0
      const project = createPodRecordProjection({ depth: 'objects', pods: {} })
      const pods = Array.from({ length: 50 }, (_, i) => {
        const record = project(pod('a', `p${i}`, [], { node: `n${i % nodeCount}` }) as unknown as PodObject)
        const facts = new Proxy(record.facts, {
          get: (target, name) => {
            if (name === 'nodeName') count += 1
            return target[name as keyof typeof target]
          },
        })
        return { ...record, facts }
      })
      const nodes = Array.from({ length: nodeCount }, (_, i) => projectNode(node(`n${i}`) as unknown as NodeObject))
      const report = buildReport({ nodes, pods, nowMs: 0, warnings: [] } satisfies ClusterFacts, query)
      expect(report.items.reduce((sum, { podCount = 0 }) => sum + podCount, 0)).to.equal(50)
      return count
    }
    expect(looks(1000)).to.equal(looks(1))
  })

  it('survives a pod and a node without samples', async () => {
    const { items } = await json(
      ['-u', '--containers'],
      node('m'),
      node('n'),
      pod('a', 'p', [container('x', ['1'])], { node: 'n' }),
      nodeMetrics('m', '1/1Gi'),
    )
    expect(named(items, 'n')).to.deep.include({ usage: {}, samplesMissing: 1 })
  })

  it('knows pod-level resources and what a resize has in hand', async () => {
    const { items } = await json(
      ['--pods'],
      node('n'),
      pod('a', 'level', [container('x', ['1/1Gi'])], {
        node: 'n',
        spec: { resources: { requests: { cpu: '300m' }, limits: { cpu: '600m' } } },
      }),
      pod('a', 'resized', [container('x', ['1'])], {
        node: 'n',
        status: {
          containerStatuses: [{ name: 'x', allocatedResources: { cpu: '2' }, resources: { requests: { cpu: '3' } } }],
        },
      }),
    )
    const [level, resized] = items[0].pods
    expect(level.requests).to.deep.equal({ cpu: '300m', memory: '1Gi', 'ephemeral-storage': '0', pods: '1' })
    expect(level.limits).to.include({ cpu: '600m' })
    expect(resized).to.deep.include({
      requests: { cpu: '3', memory: '0', 'ephemeral-storage': '0', pods: '1' },
      status: ['Resizing'],
    })
    expect(items[0].requests, 'as the totals of kubectl describe node').to.include({ cpu: '1300m' })
  })

  it('shows a missing sample as unknown, an old one too, and never as 0', async () => {
    const objects = [
      node('fresh'),
      node('old'),
      node('silent'),
      pod('a', 'p', [container('x', ['1'])], { node: 'silent' }),
      nodeMetrics('fresh', '500m/1Gi', '2026-01-01T12:00:00Z'),
      nodeMetrics('old', '500m/1Gi', '2026-01-01T11:50:00Z'),
    ]
    const { items, cluster } = await json(['-u'], ...objects)
    expect(named(items, 'fresh')).to.deep.include({ usage: { cpu: '500m', memory: '1Gi' }, samplesMissing: 0 })
    for (const name of ['old', 'silent']) {
      expect(named(items, name), name).to.deep.include({ usage: {}, samplesMissing: 1 })
      expect((named(items, name) as unknown as { percent: object }).percent).to.deep.include({ usage: {} })
    }
    expect(cluster, 'a lower bound').to.deep.include({ usage: { cpu: '500m', memory: '1Gi' }, samplesMissing: 2 })
    const table = await runCli([capacityCommand], ['capacity', '-u', '--file', '-'], { stdin: list(...objects) })
    expect(table.stdout).to.match(/^\* .* 500m {2}4% \?2 /m)
    expect(table.stdout).to.match(/^silent .* unknown /m)
    const { items: pods } = await json(['pods', '-u'], ...objects)
    expect(pods[0]).to.deep.include({ usage: {}, samplesMissing: 1 })
  })
})

const query: CapacityQuery = {
  view: 'nodes',
  resources: ['cpu'],
  hasUsage: false,
  depth: 'objects',
  sort: parseSortKey('name'),
  pods: {},
  nodes: { isTaintFree: false },
}
