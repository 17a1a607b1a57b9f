/** `dogwatch capacity` from a file to the screen, held against outputs that were read and judged once. */
import { expect } from 'chai'
import { capacityCommand } from '../../../src/cli/commands/capacity.ts'
import { container, list, node, nodeMetrics, pod, sampleDump, samplePods } from '../../support/capacity-dump.ts'
import { type CliRunOptions, runCli } from '../../support/cli.ts'
import { expectGolden } from '../../support/golden.ts'

const run = (args: readonly string[], options: CliRunOptions = {}) =>
  runCli([capacityCommand], ['capacity', ...args, '--file', '-'], { stdin: sampleDump, ...options })

const terminal = { isTerminal: true, columns: 80, env: { NO_COLOR: '1' } }

const namesOf = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name)

const longNames: Record<string, string> = {
  '-n': '--namespace',
  '-l': '--selector',
  '-u': '--utilization',
  '-a': '--available',
  '-p': '--pods',
  '-c': '--containers',
}

/** Golden file to command line. */
const pictures: Record<string, readonly string[]> = {
  nodes: [],
  'nodes-wide-available': ['-o', 'wide', '--available', '--pod-count'],
  'nodes-usage': ['-u'],
  'nodes-containers-usage': ['--containers', '-u'],
  'nodes-of-pods': ['-u', '-l', 'app in (api,shop)'],
  'nodes-by-taint': ['--node-taints', 'dedicated=gpu:NoSchedule-', '--sort', 'memory.requests.percent'],
  pods: ['pods', '-o', 'wide', '-u'],
  'pods-of-namespace': ['pods', '-n', 'payments', '--sort', 'cpu.requests'],
  namespaces: ['namespaces', '--resources', 'cpu,memory,nvidia.com/gpu', '-u', '--sort', 'memory.usage'],
  pools: ['pools', '--available', '-u'],
  cluster: ['cluster', '--resources', 'all', '-u', '--available'],
}

describe('dogwatch capacity', () => {
  for (const [name, args] of Object.entries(pictures)) {
    it(`shows ${name} in a pipe and on a screen of 80 columns`, async () => {
      const piped = await run(args)
      expect(piped).to.include({ exitCode: 0, stderr: '' })
      expectGolden(`cli/capacity/${name}.txt`, piped.stdout)
      const shown = await run(args, terminal)
      expectGolden(`cli/capacity/${name}.80.txt`, shown.stdout)
    })
  }

  it('gives the same as JSON, YAML and CSV', async () => {
    for (const output of ['json', 'yaml', 'csv']) {
      const { stdout } = await run(['-o', output, '-u'])
      expectGolden(`cli/capacity/nodes.${output}`, stdout)
    }
  })

  it('writes JSON with a map of canonical quantities for each measure, and percents as numbers', async () => {
    const { stdout } = await run(['-o', 'json', '-u'])
    const { items } = JSON.parse(stdout)
    const gpu = items.find(({ name }: { name: string }) => name === 'gpu-1')
    expect(gpu).to.deep.include({
      kind: 'Node',
      allocatable: { cpu: '15890m', memory: '60Gi', 'ephemeral-storage': '50Gi', pods: '110', 'nvidia.com/gpu': '2' },
      requests: { cpu: '8500m', memory: '27Gi', 'ephemeral-storage': '0', pods: '2', 'nvidia.com/gpu': '1' },
      limits: { cpu: '14', memory: '48Gi', 'ephemeral-storage': '0', 'nvidia.com/gpu': '1' },
      usage: { cpu: '9125m', memory: '30Gi' },
      containersWithoutLimit: { memory: 2 },
    })
    expect(gpu.percent).to.deep.equal({
      requests: { cpu: 53.49, memory: 45, 'ephemeral-storage': 0, pods: 1.81, 'nvidia.com/gpu': 50 },
      limits: { cpu: 88.1, memory: 80, 'ephemeral-storage': 0, 'nvidia.com/gpu': 50 },
      usage: { cpu: 57.42, memory: 50 },
    })
  })

  it('writes CSV with headers that depend on the resources alone', async () => {
    const headerOf = async (args: string[]) => (await run([...args, '-o', 'csv'])).stdout.split('\n')[0]
    const header = await headerOf([])
    expect(await headerOf(['-u'])).to.equal(header)
    expect(await headerOf(['pods', '-n', 'nowhere'])).to.equal(header)
    expect(await headerOf(['namespaces'])).to.equal(header)
  })

  it('colours on a terminal only, and not against NO_COLOR', async () => {
    const escapeCode = '\u001b['
    expect((await run([], { isTerminal: true, columns: 120 })).stdout).to.contain(escapeCode)
    expect((await run([], { ...terminal })).stdout).not.to.contain(escapeCode)
    expect((await run([])).stdout).not.to.contain(escapeCode)
  })

  it('reads several documents, an array, and single objects as it reads one List', async () => {
    const nodes = [node('a'), node('b')]
    const expected = (await run([], { stdin: list(...nodes, ...samplePods) })).stdout
    const forms = [
      `${list(...nodes)}\n${list(...samplePods)}`,
      JSON.stringify([...nodes, ...samplePods], undefined, 4),
      [...nodes, ...samplePods].map((object) => JSON.stringify(object)).join('\n'),
      `[${list(...nodes)},${list(...samplePods)}]`,
    ]
    for (const stdin of forms) expect((await run([], { stdin })).stdout).to.equal(expected)
  })

  it('says what is wrong with a file, and how to make one', async () => {
    const cases: [stdin: string, args: string[], words: RegExp][] = [
      ['', [], /^dogwatch: stdin is empty: make it with `kubectl get nodes,pods -A -o json`/],
      ['apiVersion: v1\nkind: List\n', [], /stdin cannot be read as JSON .*"a" where an object should begin/],
      ['{"items": [{"kind": "Node"', [], /cannot be read as JSON .*ends in the middle/],
      [list({ kind: 'ConfigMap', metadata: { name: 'x' } }), [], /holds no nodes and no pods, but 1 other object/],
      [list(pod('a', 'b', [])), [], /holds no nodes, which `capacity nodes` cannot do without/],
      [list(node('a', { allocatable: { cpu: 'much' } })), [], /stdin: Node a cannot be read: .*"much"/],
      [sampleDump, ['--namespace-labels', 'team=a'], /holds no namespaces, which --namespace-labels needs/],
    ]
    for (const [stdin, args, words] of cases) {
      const result = await run(args, { stdin })
      expect(result.stderr).to.match(words)
      expect(result, result.stderr).to.include({ exitCode: 1, stdout: '' })
    }
    const absent = await runCli([capacityCommand], ['capacity', '--file', '/nowhere/dump.json'])
    expect(absent.stderr).to.match(/cannot read \/nowhere\/dump.json: ENOENT/)
  })

  it('shows pods without percents where a file has no nodes', async () => {
    const { stdout, exitCode } = await run(['pods'], {
      stdin: list(pod('a', 'b', [container('c', ['1/1Gi'])], { node: 'x' })),
    })
    expect(exitCode).to.equal(0)
    expect(stdout).not.to.contain('%')
    expect(stdout).to.contain('The file holds no nodes, so nothing is shown in percent.')
  })

  it('refuses what makes no sense, with 2 and the words that do', async () => {
    const cases: [args: string[], words: RegExp][] = [
      [['nodez'], /Choose nodes, pods, namespaces, pools or cluster/],
      [['--sort', 'cpu.usage'], /--sort cpu\.usage needs -u/],
      [['--sort', '-cpu.requests'], /--sort -cpu\.requests needs -r cpu,memory,-cpu/],
      [['--sort', 'cpu'], /nothing to sort by: write name, pods, or RESOURCE\.allocatable\|requests/],
      [['--sort', 'cpu.available.percent'], /with \.percent behind requests, limits or usage/],
      [['-r', 'cpu,,memory'], /Write names separated by commas/],
      [['-n', 'a', '--available'], /--available needs all pods/],
      [['pods', '--available'], /--available is about nodes, pools and the cluster/],
      [['pools', '--pool-label', 'absent'], /no node has the label absent/],
      [['-o', 'xml'], /Allowed choices are table, wide, json, yaml, csv/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stderr } = await run(args)
      expect(stderr, args.join(' ')).to.match(words)
      expect(exitCode, args.join(' ')).to.equal(2)
    }
  })

  it('counts only the nodes with these labels, or without any taint, and what is on them', async () => {
    const read = async (...args: string[]) => JSON.parse((await run([...args, '-o', 'json'])).stdout)
    const inZone = await read('--node-labels', 'zone=b')
    expect(namesOf(inZone)).to.deep.equal(['worker-a2', 'worker-b1'])
    expect(inZone.basis).to.deep.equal(['Only nodes with labels zone=b: 2 of 4.'])
    expect(inZone.cluster).to.deep.include({ nodeCount: 2, podCount: 4 })
    expect(inZone.cluster.allocatable.cpu).to.equal('8')
    expect(namesOf(await read('pods', '--node-labels', 'zone!=b,node-pool=gpu'))).to.deep.equal([
      'notebook-0',
      'train-0',
    ])
    const untainted = await read('--no-taint')
    expect(namesOf(untainted)).to.deep.equal(['worker-a1', 'worker-a2', 'worker-b1'])
    expect(untainted.basis).to.deep.equal(['Only nodes without taints: 3 of 4.'])
    expect(untainted.cluster.requests['nvidia.com/gpu']).to.equal(undefined)
    const none = await read('--node-labels', 'zone=c')
    expect([namesOf(none), none.warnings]).to.deep.equal([[], ['No node matches.']])
  })

  it('sorts by every key in both directions, with what is not known at the end', async () => {
    const stdin = list(
      ...['4', '16', '12'].map((cpu, i) => node('abc'[i]!, { allocatable: { cpu } })),
      pod('x', 'a1', [container('c', ['1', '8'])], { node: 'a' }),
      pod('x', 'b1', [container('c', ['7', '8'])], { node: 'b' }),
      pod('x', 'b2', [container('c', ['7', '7'])], { node: 'b' }),
      pod('x', 'c1', [container('c', ['500m', '16'])], { node: 'c' }),
      nodeMetrics('b', '2/1Gi'),
      nodeMetrics('c', '3/1Gi'),
    )
    const orders: [key: string, falling: string, rising: string][] = [
      ['name', 'cba', 'abc'],
      ['pods', 'bac', 'acb'],
      ['cpu.requests', 'bac', 'cab'],
      ['cpu.limits', 'cba', 'abc'],
      ['cpu.limits.percent', 'acb', 'bca'],
      ['cpu.allocatable', 'bca', 'acb'],
      ['cpu.available', 'cab', 'bac'],
      ['cpu.usage', 'cba', 'bca'],
      ['cpu.usage.percent', 'cba', 'bca'],
    ]
    for (const [key, falling, rising] of orders) {
      for (const [direction, order] of [
        ['desc', falling],
        ['asc', rising],
      ] as const) {
        const { stdout } = await run(['-u', '-o', 'json', '--sort', `${key}:${direction}`], { stdin })
        expect(namesOf(JSON.parse(stdout)).join(''), `${key}:${direction}`).to.equal(order)
      }
      const { stdout } = await run(['-u', '-o', 'json', '--sort', key], { stdin })
      expect(namesOf(JSON.parse(stdout)).join(''), key).to.equal(key === 'name' ? rising : falling)
    }
  })

  it('refuses to sort by what there is nothing of, and says by what can be sorted', async () => {
    const cases: [args: string[], words: RegExp][] = [
      [['namespaces', '--sort', 'cpu.available'], /^dogwatch: --sort cpu\.available is about nodes and pools/],
      [['namespaces', '--sort', 'cpu.available'], /sort by name, pods, or RESOURCE\.requests, \.limits\n$/],
      [['-n', 'payments', '--sort', 'cpu.available'], /--sort cpu\.available needs all pods: leave out -n, -l and/],
      [['-n', 'payments', '--sort', 'cpu.available'], /RESOURCE\.allocatable, \.requests, \.limits\n$/],
      [['pods', '--sort', 'cpu.available'], /--sort cpu\.available is about nodes and pools/],
      [['namespaces', '--sort', 'memory.allocatable'], /--sort memory\.allocatable .* of all nodes is the same/],
      [['pods', '--sort', 'pods:asc'], /--sort pods is about nodes, pools and namespaces, not pods/],
      [['pods', '--sort', 'pods'], /sort by name, or RESOURCE\.allocatable, \.requests, \.limits\n$/],
      [['-u', '-r', 'nvidia.com/gpu', '--sort', 'nvidia.com/gpu.usage'], /the metrics API knows only cpu and memory/],
      [['-u', '-r', 'pods', '--sort', 'pods.limits.percent'], /--sort pods\.limits\.percent .*pods have no limit/],
    ]
    for (const [args, words] of cases) {
      const { exitCode, stdout, stderr } = await run(args)
      expect(stderr, args.join(' ')).to.match(words)
      expect({ exitCode, stdout }, args.join(' ')).to.deep.equal({ exitCode: 2, stdout: '' })
    }
  })

  it('says so where nothing has what it was to be sorted by', async () => {
    const { warnings } = JSON.parse((await run(['-o', 'json', '--sort', 'example.com/fpga.requests'])).stdout)
    expect(warnings).to.deep.equal(['Sorted by name: none of these has or asks for example.com/fpga.'])
    expect(JSON.parse((await run(['-o', 'json', '--sort', 'nvidia.com/gpu.requests'])).stdout).warnings).to.deep.equal(
      [],
    )
  })

  it('finds a pool by a well-known label, and selects one', async () => {
    const nodes = [node('a', { labels: { 'karpenter.sh/nodepool': 'spot' } }), node('b')]
    const pools = await run(['pools', '-o', 'json'], { stdin: list(...nodes) })
    expect(JSON.parse(pools.stdout).items.map(({ name }: { name: string }) => name)).to.deep.equal(['(none)', 'spot'])
    const one = await run(['--pool', 'spot', '-o', 'json'], { stdin: list(...nodes) })
    expect(JSON.parse(one.stdout).items.map(({ name }: { name: string }) => name)).to.deep.equal(['a'])
  })

  it('explains a pod step by step, and anything larger as a sum of parts', async () => {
    const objects = ['pod/payments/api-7c9d-1', 'pod/ml/notebook-0', 'pod/web/shop-6f-1', 'node/worker-a2']
    const larger = ['namespace/payments', 'pool/general', 'cluster']
    const texts = []
    for (const object of [...objects, ...larger]) {
      const { stdout, exitCode } = await run(['--explain', object], terminal)
      expect(exitCode, object).to.equal(0)
      texts.push(`$ dogwatch capacity --explain ${object}\n${stdout}`)
    }
    expectGolden('cli/capacity/explain.txt', texts.join('\n'))
    const { stdout } = await run(['--explain', 'pod/web/shop-6f-1', '-o', 'yaml'])
    expectGolden('cli/capacity/explain.yaml', stdout)
  })

  it('explains the numbers that it shows', async () => {
    const nodes = JSON.parse((await run(['-o', 'json'])).stdout).items
    for (const { name, requests, limits } of nodes) {
      const { sum } = JSON.parse((await run(['--explain', `node/${name}`, '-o', 'json'])).stdout)
      expect(sum.requests, name).to.deep.equal({ cpu: requests.cpu, memory: requests.memory })
      expect(sum.limits, name).to.deep.equal({ cpu: limits.cpu, memory: limits.memory })
    }
    const pods = JSON.parse((await run(['pods', '-o', 'json'])).stdout).items
    for (const { namespace, name, requests, limits } of pods) {
      const { derivations } = JSON.parse((await run(['--explain', `pod/${namespace}/${name}`, '-o', 'json'])).stdout)
      const totals = derivations.map(({ total }: { total: string }) => total)
      expect(totals, name).to.deep.equal([requests.cpu, limits.cpu, requests.memory, limits.memory])
    }
  })

  it('explains a part of the cluster with the words that say which part', async () => {
    const whole = JSON.parse((await run(['--explain', 'cluster', '-o', 'json'])).stdout)
    expect(whole.notes).to.deep.equal([])
    const part = JSON.parse((await run(['--explain', 'cluster', '-n', 'payments', '-o', 'json'])).stdout)
    expect(part.sum.requests.cpu).not.to.equal(whole.sum.requests.cpu)
    expect(part.notes).to.deep.equal([
      'Only pods in namespace payments: 4 pods.',
      'Percents are of all that the nodes can allocate.',
    ])
    const { stdout } = await run(['--explain', 'cluster', '-n', 'payments'])
    expect(stdout).to.contain('Only pods in namespace payments: 4 pods.')
    const nodes = JSON.parse((await run(['--explain', 'pool/general', '--node-labels', 'zone=b', '-o', 'json'])).stdout)
    expect(nodes.parts.map(({ name }: { name: string }) => name)).to.have.members(['worker-a2', 'worker-b1'])
    expect(nodes.notes).to.deep.equal(['Only nodes in pool general (node-pool), with labels zone=b: 2 of 4.'])
    const stray = list(node('a'), pod('x', 'y', [container('c', ['1'])], { node: 'gone' }))
    const warned = JSON.parse((await run(['--explain', 'cluster', '-o', 'json'], { stdin: stray })).stdout)
    expect(warned.notes.join()).to.match(/1 pods name a node that is not in the list/)
  })

  it('refuses what --explain would not heed', async () => {
    const filters = [
      ['-n', 'payments'],
      ['-l', 'app=api'],
      ['--namespace-labels', 'a=b'],
      ['--node-labels', 'zone=a'],
      ['--node-taints', 'dedicated=gpu:NoSchedule'],
      ['--no-taint'],
      ['--pool', 'general'],
      ['--pool-label', 'node-pool'],
    ]
    const shown = [['-u'], ['-a'], ['-p'], ['-c'], ['--pod-count'], ['--sort', 'cpu.requests'], ['--watch']]
    const cases: [target: string, options: string[][]][] = [
      ['pod/payments/api-7c9d-1', [...filters, ...shown]],
      ['node/worker-a1', [...filters, ...shown]],
      ['namespace/payments', [...filters, ...shown]],
      ['pool/general', [['--pool', 'gpu'], ...shown]],
      ['cluster', shown],
    ]
    for (const [target, options] of cases) {
      for (const option of options) {
        const { exitCode, stderr, stdout } = await run(['--explain', target, ...option])
        expect({ exitCode, stdout }, `${target} ${option}`).to.deep.equal({ exitCode: 2, stdout: '' })
        const flag = option[0]!.startsWith('--') ? option[0]! : longNames[option[0]!]!
        expect(stderr, `${target} ${option}`).to.contain(`--explain ${target} does not go with ${flag}`)
      }
    }
  })

  it('says what --explain can explain', async () => {
    const cases: [args: string[], exitCode: number, words: RegExp][] = [
      [['--explain', 'worker-a1'], 2, /does not name an object: write pod\/NAMESPACE\/NAME, node\/NAME/],
      [['--explain', 'pod/api'], 2, /does not name an object/],
      [['--explain', 'node/a', '-o', 'csv'], 2, /--explain does not go with -o csv/],
      [['--explain', 'node/absent'], 1, /there is no node absent: `kubectl get nodes` shows/],
      [['--explain', 'pod/web/absent'], 1, /there is no pod web\/absent: `kubectl get pods -n web` shows/],
      [['--explain', 'ns/absent'], 1, /there is no pods in namespace absent/],
      [['--explain', 'pool/absent'], 1, /no node is in pool absent/],
    ]
    for (const [args, exitCode, words] of cases) {
      const result = await run(args)
      expect(result.stderr, args.join(' ')).to.match(words)
      expect(result.exitCode, args.join(' ')).to.equal(exitCode)
    }
  })

  it('is described by its help', async () => {
    const { stdout } = await runCli([capacityCommand], ['capacity', '--help'])
    expectGolden('cli/capacity/help.txt', stdout)
  })
})
