/** `dogwatch policy preview`: files of policies against a file of a cluster. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { policyCommand } from '../../../src/cli/commands/policy.ts'
import { container, list, node, nodeMetrics, pod, sampleDump } from '../../support/capacity-dump.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'

const policy = (spec: string, metadata = '{name: a, namespace: dogwatch-system}') =>
  `apiVersion: dogwatch.dev/v1alpha1\nkind: CapacityPolicy\nmetadata: ${metadata}\nspec: ${spec}\n`

const nodeCpu = '{name: node-cpu, scope: Node, resource: cpu, measure: Requests, above: 50}'

const everyState = policy(`
  severity: critical
  labels: {team: platform}
  runbookURL: https://runbooks.example/capacity
  rules:
    - {name: node-cpu, scope: Node, resource: cpu, measure: Requests, above: 60, clear: 50, severity: warning}
    - {name: node-memory, scope: Node, resource: memory, measure: Utilization, above: 60, for: 5m}
    - {name: pod-memory, scope: Pod, resource: memory, measure: Utilization, above: 80}
    - {name: fits, scope: Cluster, measure: Survive, nodes: 1}
  receivers: [{name: oncall}, {name: chat, namespace: team}]`)

describe('dogwatch policy preview', () => {
  let folder: string
  let dump: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'dogwatch-preview-'))
    dump = join(folder, 'dump.json')
    writeFileSync(dump, sampleDump)
  })

  after(() => rmSync(folder, { recursive: true }))

  const preview = (text: string, args: readonly string[] = [], options: CliRunOptions = {}) =>
    runCli([policyCommand], ['policy', 'preview', '-', '--file', dump, ...args], { stdin: text, ...options })

  it('shows what would fire in the words of the message, what is pending, and what is not known', async () => {
    const { stdout, exitCode } = await preview(everyState)
    expect(exitCode).to.equal(0)
    expectGolden('cli/policy/preview.txt', stdout)
    expectGolden('cli/policy/preview.json', (await preview(everyState, ['-o', 'json'])).stdout)
    expectGolden('cli/policy/preview.yaml', (await preview(everyState, ['-o', 'yaml'])).stdout)
  })

  it('counts the numbers of each state', async () => {
    const { policies } = JSON.parse((await preview(everyState, ['-o', 'json'])).stdout)
    expect(policies[0].counts).to.include({ firing: 5, pending: 2 })
    expect(policies[0].firing.map(({ rule }: { rule: string }) => rule)).to.have.members([
      'node-cpu',
      'pod-memory',
      'fits',
      'fits',
      'fits',
    ])
    expect(policies[0].pending.map(({ object }: { object: { name: string } }) => object.name)).to.have.members([
      'worker-a1',
      'worker-a2',
    ])
    const unknown = policies[0].unknown.filter(({ rule }: { rule: string }) => rule === 'node-memory')
    expect(unknown.map(({ object }: { object: { name: string } }) => object.name)).to.deep.equal(['worker-b1'])
  })

  it('judges several policies by themselves, from several documents and from a List', async () => {
    const documents = [
      policy(`{rules: [${nodeCpu}]}`),
      policy(`{rules: [${nodeCpu.replace('50', '60')}]}`, '{name: b, namespace: dogwatch-system}'),
    ]
    const asList = {
      apiVersion: 'v1',
      kind: 'List',
      items: [1, 2].map((i) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` } })),
    }
    const text = [...documents, '# nothing\n', JSON.stringify(asList)].join('---\n')
    const result = JSON.parse((await preview(text, ['-o', 'json'])).stdout)
    expect(result.policies.map(({ name, counts }: { name: string; counts: object }) => [name, counts])).to.deep.equal([
      ['a', { firing: 3, pending: 0, unknown: 0, fine: 1 }],
      ['b', { firing: 1, pending: 0, unknown: 0, fine: 3 }],
    ])
    expect(result.others).to.deep.equal(['ConfigMap c1', 'ConfigMap c2'])
  })

  it('fails on firing only where it is asked to', async () => {
    expect((await preview(policy(`{rules: [${nodeCpu}]}`), ['--fail-on-firing'])).exitCode).to.equal(1)
    expect(
      (await preview(policy(`{rules: [${nodeCpu.replace('50', '99')}]}`), ['--fail-on-firing'])).exitCode,
    ).to.equal(0)
  })

  it('previews a suspended policy, and says that it is suspended', async () => {
    const { stdout } = await preview(policy(`{suspend: true, rules: [${nodeCpu}]}`))
    expect(stdout).to.contain('3 would fire now')
    expect(stdout).to.contain('spec.suspend is true: the operator says nothing of this until it is false.')
  })

  it('lets a policy of a tenant see its own namespace alone', async () => {
    const rule = '{name: pods, scope: Pod, resource: cpu, measure: Requests, above: 40}'
    const { policies } = JSON.parse(
      (await preview(policy(`{rules: [${rule}]}`, '{name: a, namespace: payments}'), ['-o', 'json'])).stdout,
    )
    expect(policies[0].watched).to.include({ namespaces: 1, pods: 3 })
    const objects = policies[0].firing.map(({ object }: { object: object }) => object)
    expect(objects).to.have.deep.members([
      { kind: 'Pod', namespace: 'payments', name: 'api-7c9d-1' },
      { kind: 'Pod', namespace: 'payments', name: 'api-7c9d-2' },
    ])
  })

  it('tells every problem with its document and field, in their order, and previews nothing', async () => {
    const text = [
      policy(`{rules: [${nodeCpu}]}`, '{name: a, namespace: team-a}'),
      policy(`{intervall: 5s, rules: [{name: x, scope: Nod, resource: cpu, measure: Requests, above: "80"}]}`),
      'foo: [bar\n',
      '- a list\n',
      'apiVersion: dogwatch.dev/v1beta1\nkind: CapacityPolicy\n',
      policy(`{rules: [{name: x, scope: Node, resource: cpu, measure: Requests, above: 50, clear: 60}]}`, '{}'),
    ].join('---\n')
    const { stdout, stderr, exitCode } = await preview(text)
    expect({ stdout, exitCode }).to.deep.equal({ stdout: '', exitCode: 1 })
    expectGolden('cli/policy/problems.txt', stderr)
  })

  it('says what is wrong with a file that holds no policy, or cannot be read', async () => {
    expect((await preview('')).stderr).to.match(/stdin holds no CapacityPolicy, but nothing: a policy begins with/)
    const both = await runCli([policyCommand], ['policy', 'preview', '-', '--file', '-'])
    expect(both).to.include({ exitCode: 2 })
    const absent = await runCli([policyCommand], ['policy', 'preview', '/nowhere.yaml', '--file', dump])
    expect(absent.stderr).to.match(/cannot read \/nowhere.yaml: ENOENT/)
    const noNodes = join(folder, 'pods.json')
    writeFileSync(noNodes, list(pod('a', 'b', [container('c', ['1'])], { node: 'n' })))
    const result = await runCli([policyCommand], ['policy', 'preview', '-', '--file', noNodes], {
      stdin: policy(`{rules: [${nodeCpu}]}`),
    })
    expect(result.stderr).to.match(/pods.json holds no nodes: make it with `kubectl get nodes,pods -A -o json`/)
  })

  it('takes the time of a file from its newest sample, and an old sample for none', async () => {
    const file = join(folder, 'samples.json')
    const samples = [
      nodeMetrics('n', '3/1Gi', '2026-01-01T12:00:00Z'),
      nodeMetrics('m', '3/1Gi', '2026-01-01T11:50:00Z'),
    ]
    writeFileSync(file, list(node('n'), node('m'), ...samples))
    const rule = '{name: use, scope: Node, resource: cpu, measure: Utilization, above: 50}'
    const { stdout } = await runCli([policyCommand], ['policy', 'preview', '-', '--file', file, '-o', 'json'], {
      stdin: policy(`{rules: [${rule}]}`),
    })
    const [{ firing, unknown }] = JSON.parse(stdout).policies
    expect(firing.map(({ object }: { object: object }) => object)).to.deep.equal([{ kind: 'Node', name: 'n' }])
    expect(unknown.map(({ object }: { object: object }) => object)).to.deep.equal([{ kind: 'Node', name: 'm' }])
  })

  it('is described by its help', async () => {
    expectGolden('cli/policy/help.txt', (await runCli([policyCommand], ['policy', 'preview', '--help'])).stdout)
  })
})
