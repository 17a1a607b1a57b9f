/**
 * The program as people run it, against a real API server: found by kubectl on PATH, with few rights, as somebody else, while
 * the cluster changes, while nothing answers.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { kwokNode, kwokPod } from '../../hack/testbed/kwok-objects.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { milliValue, parseQuantity, wholeValue } from '../../src/model/quantity.ts'
import { type CliRun, runCli } from '../support/cli.ts'
import { parseNodeDescriptions } from '../support/described-nodes.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const source = join(root, 'src/bin/dogwatch.ts')

type Texts = Record<string, string>
type Numbers = Record<string, number>

const pods = (namespace: string, ...list: object[]) =>
  list.map((pod) => ({ ...pod, metadata: { ...(pod as { metadata: object }).metadata, namespace } }))

const objects = [
  ...['shop', 'tools'].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team: name } },
  })),
  ...['shop', 'tools'].map((namespace) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  })),
  kwokNode('node-a', { cpu: '4', memory: '8Gi', labels: { 'node-pool': 'small' } }),
  kwokNode('node-b', { cpu: '16', memory: '64Gi', labels: { 'node-pool': 'large' } }),
  ...pods(
    'shop',
    kwokPod('web', {
      nodeName: 'node-a',
      requests: { cpu: '1500m', memory: '1Gi' },
      limits: { cpu: '2', memory: '2Gi' },
      usage: { cpu: '300m', memory: '700Mi' },
    }),
    kwokPod('db', { nodeName: 'node-b', requests: { cpu: '4', memory: '20Gi' }, usage: { cpu: '2', memory: '15Gi' } }),
  ),
  ...pods('tools', kwokPod('job', { nodeName: 'node-a', requests: { cpu: '100m', memory: '1500000k' } })),
]

describe('the command line on a real cluster', function () {
  this.timeout(240_000)
  let cluster: Cluster
  let folder: string
  let tenant: string

  before(async function () {
    const isBuilt = missingForCluster({ kwok: true, metricsServer: true }).length === 0
    skipUnless(this, isBuilt, 'the control plane, kwok or metrics-server is not built: hack/testbed/testbed build')
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-cli-'))
    cluster = await startCluster({ kwok: true, metricsServer: true, auditLog: true })
    await cluster.apply(objects)
    await cluster.mustKubectl(['wait', '--for=condition=Ready', 'pod', '--all', '-A', '--timeout=60s'])
    tenant = await tenantKubeconfig()
    await symlink(join(root, 'hack/dogwatch'), join(folder, 'kubectl-dogwatch'))
  })

  after(async () => {
    await cluster?.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  /** Somebody who may see the pods of one namespace, and their use, and nothing else. */
  async function tenantKubeconfig(): Promise<string> {
    await cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'see-pods', namespace: 'shop' },
        rules: [{ apiGroups: ['', 'metrics.k8s.io'], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'see-pods', namespace: 'shop' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'see-pods' },
        subjects: [{ kind: 'User', name: 'tenant', apiGroup: 'rbac.authorization.k8s.io' }],
      },
    ])
    return cluster.kubeconfigFor({ user: 'tenant' })
  }

  const environment = (kubeconfig: string) => ({ ...process.env, KUBECONFIG: kubeconfig, NO_COLOR: '1' })

  /** In this process, which saves half a second each time; what is about the process itself runs as one. */
  function dogwatch(args: readonly string[], kubeconfig = cluster.kubeconfigPath): Promise<CliRun> {
    const named = args.includes('--kubeconfig') ? args : [...args, '--kubeconfig', kubeconfig]
    return runCli(commands, named, { clock: systemClock })
  }

  async function json(args: readonly string[]) {
    const { stdout, stderr, exitCode } = await dogwatch([...args, '-o', 'json'])
    expect(exitCode, stderr).to.equal(0)
    return JSON.parse(stdout)
  }

  it('shows the numbers of kubectl describe node', async () => {
    const described = parseNodeDescriptions(await cluster.mustKubectl(['describe', 'nodes', '--show-events=false']))
    const { items } = await json(['capacity'])
    expect(items.map(({ name }: { name: string }) => name)).to.deep.equal(['node-a', 'node-b'])
    for (const { name, requests, limits, percent } of items) {
      for (const [resource, line] of described.get(name)!.totals) {
        expect(requests[resource] ?? '0', `${name} ${resource}`).to.equal(line.requests.text)
        expect(limits[resource] ?? '0', `${name} ${resource}`).to.equal(line.limits.text)
        if (line.requests.percent === undefined || percent.requests[resource] === undefined) continue
        expect(Math.trunc(percent.requests[resource]), `${name} ${resource}`).to.equal(line.requests.percent)
      }
    }
  })

  it('shows the use that kubectl top shows, once there are samples', async () => {
    await eventually(
      'samples of all nodes and pods',
      async () => {
        const all = [await json(['capacity', '-u']), await json(['capacity', 'pods', '-u'])]
        return all.every(({ cluster: total }) => total.samplesMissing === 0)
      },
      120_000,
      () => json(['capacity', 'pods', '-u']),
    )
    const top = async (...args: string[]) => {
      const lines = (await cluster.mustKubectl(['top', ...args, '--no-headers'])).trim().split('\n')
      return lines.map((line) => line.trim().split(/\s+/))
    }
    const shown = async (...args: string[]) => {
      const { items } = await json(['capacity', ...args, '-u'])
      return items.map(({ name, usage, percent }: { name: string; usage: Texts; percent: { usage: Numbers } }) => {
        const cpu = `${milliValue(parseQuantity(usage.cpu!))}m`
        const memory = `${wholeValue(parseQuantity(usage.memory!)) / 1024n / 1024n}Mi`
        const [cpuPercent, memoryPercent] = [percent.usage.cpu!, percent.usage.memory!].map(
          (value) => `${Math.trunc(value)}%`,
        )
        return args[0] === 'pods' ? [name, cpu, memory] : [name, cpu, cpuPercent, memory, memoryPercent]
      })
    }
    await eventually(
      'the same as kubectl top',
      async () => {
        const [pods, topPods] = [await shown('pods', '-n', 'shop'), await top('pods', '-n', 'shop')]
        const [nodes, topNodes] = [await shown('nodes'), await top('nodes')]
        return isDeepStrictEqual([pods, nodes], [topPods, topNodes])
      },
      60_000,
      async () => [await shown('nodes'), await top('nodes'), await shown('pods', '-n', 'shop')],
    )
  })

  it('is `kubectl dogwatch` when it lies on PATH as kubectl-dogwatch, and calls itself so', async () => {
    const kubectl = binaryPath(kubectlProgram)
    const env = { ...environment(cluster.kubeconfigPath), PATH: `${folder}:${process.env.PATH}` }
    const capacity = await execute(kubectl, ['dogwatch', 'capacity', 'cluster'], { env })
    expect(capacity.stderr).to.equal('')
    expect(capacity.stdout).to.match(/^cpu +20000m +5600m 28%/m)
    const help = await execute(kubectl, ['dogwatch', 'capacity', '--help'], { env })
    expect(help.stdout).to.match(/^Usage: kubectl dogwatch capacity /)
    expect(help.stdout).to.contain('  kubectl dogwatch capacity --file dump.json')
  })

  it('shows the same from a file as from the cluster', async () => {
    const file = join(folder, 'dump.json')
    await writeFile(file, await cluster.mustKubectl(['get', 'nodes,pods,namespaces', '-A', '-o', 'json']))
    const views = [
      [],
      ['pods', '--containers'],
      ['namespaces'],
      ['pools'],
      ['cluster'],
      ['-n', 'shop'],
      ['--namespace-labels', 'team=shop'],
    ]
    for (const view of views) {
      expect(await json(['capacity', ...view, '--file', file]), view.join(' ')).to.deep.equal(
        await json(['capacity', ...view]),
      )
    }
    for (const object of ['pod/shop/web', 'node/node-a', 'namespace/shop', 'pool/small', 'cluster']) {
      const explain = ['capacity', '--explain', object]
      expect(await json([...explain, '--file', file]), object).to.deep.equal(await json(explain))
    }
  })

  it('does with few rights what it can, and says what is missing for the rest', async () => {
    const nodes = await dogwatch(['capacity'], tenant)
    expect(nodes).to.include({ exitCode: 1, stdout: '' })
    expect(nodes.stderr).to.match(/cannot list nodes, which `capacity nodes` cannot do without/)
    expect(nodes.stderr).to.match(/Missing right: list on nodes, cluster-wide/)
    expect(nodes.stderr).to.match(/still work: `capacity pods -n NAMESPACE`/)
    const all = await dogwatch(['capacity', 'pods'], tenant)
    expect(all.stderr).to.match(/cannot list pods of all namespaces/)
    expect(all.exitCode).to.equal(1)
    const foreign = await dogwatch(['capacity', 'pods', '-n', 'tools'], tenant)
    expect(foreign.stderr).to.match(/Missing right: list on pods in namespace tools \(Role\)/)
    const own = await dogwatch(['capacity', 'pods', '-n', 'shop', '-u'], tenant)
    expect(own).to.include({ exitCode: 0, stderr: '' })
    expect(own.stdout).to.match(/^shop +web +1500m +2000m +\d+m +1[0-9]%/m)
    expect(own.stdout).to.contain(
      'Nodes cannot be listed with your rights (needs: list nodes), so nothing is shown in percent.',
    )
    const namespaces = await dogwatch(['capacity', 'namespaces', '-n', 'shop'], tenant)
    expect(namespaces).to.include({ exitCode: 0, stderr: '' })
    const explained = await dogwatch(['capacity', '--explain', 'pod/shop/web'], tenant)
    expect(explained.stdout).to.match(/= counts +1500m$/m)
  })

  it('asks the metrics API, too, as whom it was told to be', async () => {
    const asTenant = ['--as', 'tenant', '--as-group', 'staff', '--as-group', 'shop']
    const { stdout } = await dogwatch(['capacity', 'pods', '-n', 'shop', '-u', ...asTenant])
    expect(stdout).to.match(/^shop +web +1500m +2000m +\d+m +1[0-9]%/m)
    const events = await cluster.auditEvents()
    const asked = events.filter(({ impersonatedUser }) => impersonatedUser?.username === 'tenant')
    expect(new Set(asked.map(({ requestURI }) => requestURI.split('?')[0]))).to.deep.equal(
      new Set(['/api/v1/nodes', '/api/v1/namespaces/shop/pods', '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods']),
    )
    for (const { impersonatedUser } of asked) expect(impersonatedUser?.groups).to.include.members(['staff', 'shop'])
    const group = await dogwatch(['capacity', '--as-group', 'staff'])
    expect(group).to.include({ exitCode: 2 })
    const nobody = await dogwatch(['capacity', 'pods', '-n', 'shop', '-u', '--as', 'nobody'])
    expect(nobody.stderr).to.match(/pods is forbidden: User "nobody"/)
  })

  it('previews a policy with the numbers of the cluster', async () => {
    const policy = {
      apiVersion: 'dogwatch.dev/v1alpha1',
      kind: 'CapacityPolicy',
      metadata: { name: 'p', namespace: 'dogwatch-system' },
      spec: {
        rules: [
          { name: 'requests', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 30 },
          { name: 'use', scope: 'Node', resource: 'memory', measure: 'Utilization', above: 20 },
        ],
      },
    }
    const file = join(folder, 'policy.json')
    await writeFile(file, JSON.stringify(policy))
    const { policies } = await json(['policy', 'preview', file])
    const firing = policies[0].firing.map(({ rule, object }: { rule: string; object: { name: string } }) => [
      rule,
      object.name,
    ])
    expect(firing).to.deep.equal([
      ['requests', 'node-a'],
      ['use', 'node-b'],
    ])
    const forbidden = await dogwatch(['policy', 'preview', file], tenant)
    expect(forbidden.stderr).to.match(
      /the preview needs to list nodes, pods: your rights lack list on nodes, pods, cluster-wide/,
    )
    expect(forbidden.exitCode).to.equal(1)
  })

  it('goes on showing what changes with --watch, and ends with 0 on Ctrl-C', async () => {
    const watching = spawnWatch(['capacity', 'namespaces', '--watch', '--interval', '1s'])
    const blocks = () => watching.stdout().split(/\n(?=\d{4}-\d\d-\d\d )/)
    await eventually('the first block', () => /^tools +100m/m.test(watching.stdout()), 60_000, watching.stdout)
    await cluster.apply(pods('tools', kwokPod('second', { nodeName: 'node-b', requests: { cpu: '900m' } })))
    await eventually('the new pod', () => /^tools +1000m/m.test(blocks().at(-1)!), 60_000, watching.stdout)
    await cluster.mustKubectl(['delete', 'pod', 'second', '-n', 'tools', '--wait=false'])
    await eventually('the pod gone', () => /^tools +100m/m.test(blocks().at(-1)!), 60_000, watching.stdout)
    expect(await watching.interrupt()).to.equal(0)
    expect(watching.stderr()).to.equal('')
  })

  for (const output of ['json', 'yaml'] as const) {
    it(`goes on showing it to programs as ${output}, document behind document`, async () => {
      const watching = spawnWatch([
        'capacity',
        'namespaces',
        '-n',
        'tools',
        '--watch',
        '--interval',
        '1s',
        '-o',
        output,
      ])
      const shows = (cpu: string) => () =>
        watching.stdout().includes(output === 'json' ? `"cpu": "${cpu}"` : `cpu: ${cpu}\n`)
      await eventually('the first document', shows('100m'), 60_000, watching.stdout)
      await cluster.apply(pods('tools', kwokPod('third', { nodeName: 'node-b', requests: { cpu: '777m' } })))
      await eventually('the new pod', shows('877m'), 60_000, watching.stdout)
      await cluster.mustKubectl(['delete', 'pod', 'third', '-n', 'tools', '--wait=true'])
      expect(await watching.interrupt()).to.equal(0)
      const documents = output === 'json' ? jsonDocuments(watching.stdout()) : yamlDocuments(watching.stdout())
      const requests = documents.map(({ items }) => items[0]!.requests.cpu)
      expect(requests.indexOf('100m')).to.equal(0)
      expect(requests.indexOf('877m')).to.be.greaterThan(0)
      expect(watching.stderr()).to.equal('')
    })
  }

  it('says at once with --watch that a right is missing', async () => {
    const { exitCode, stderr } = await dogwatch(['capacity', '--watch'], tenant)
    expect(exitCode).to.equal(1)
    expect(stderr).to.match(/Missing right: list on nodes/)
  })

  it('explains why it cannot reach or use a cluster, and ends by itself', async () => {
    const unreachable = await cluster.kubeconfigFor({ user: 'somebody', server: 'https://127.0.0.1:1' })
    const refused = await dogwatch(['capacity'], unreachable)
    expect(refused.stderr).to.match(/^dogwatch: GET \/api\/v1\/.*ECONNREFUSED/)
    expect(refused.exitCode).to.equal(1)
    const context = await dogwatch(['capacity', '--context', 'absent'])
    expect(context).to.include({ exitCode: 2 })
    expect(context.stderr).to.match(/no context "absent" in the kubeconfig; it has: /)
    const absent = await dogwatch(['capacity', '--kubeconfig', '/nowhere/config'])
    expect(absent.stderr).to.match(/cannot read \/nowhere\/config/)
    expect(absent.exitCode).to.equal(1)
  })

  it('gives up after --request-timeout while the API server hangs', async () => {
    const apiServer = cluster.part('kube-apiserver')
    apiServer.pause()
    try {
      const { exitCode, stderr } = await dogwatch(['capacity', '--request-timeout', '2s'])
      expect(stderr).to.contain('not done within 2 s, as --request-timeout asks')
      expect(exitCode).to.equal(1)
    } finally {
      apiServer.resume()
    }
  })

  it('ends in silence when nobody reads on', async () => {
    const script = `"$0" "$1" capacity pods -o json | head -c 1 > /dev/null; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = await execute('bash', ['-c', script, process.execPath, source], {
      env: environment(cluster.kubeconfigPath),
    })
    expect({ stdout, stderr }).to.deep.equal({ stdout: '0\n', stderr: '' })
  })

  function spawnWatch(args: readonly string[]) {
    const child: ChildProcess = spawn(process.execPath, [source, ...args], {
      env: environment(cluster.kubeconfigPath),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const printed = { stdout: '', stderr: '' }
    child.stdout!.on('data', (chunk) => (printed.stdout += chunk))
    child.stderr!.on('data', (chunk) => (printed.stderr += chunk))
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    return {
      stdout: () => printed.stdout,
      stderr: () => printed.stderr,
      interrupt: () => {
        child.kill('SIGINT')
        return ended
      },
    }
  }
})

interface CapacityDocument {
  readonly items: readonly { readonly requests: Texts }[]
}

function jsonDocuments(stream: string): CapacityDocument[] {
  return stream.split('\n\n').map((text) => JSON.parse(text) as CapacityDocument)
}

function yamlDocuments(stream: string): CapacityDocument[] {
  return parseAllDocuments(stream).map((document) => {
    expect(document.errors).to.deep.equal([])
    return document.toJS() as CapacityDocument
  })
}

function execute(program: string, args: readonly string[], { env }: { env: NodeJS.ProcessEnv }): Promise<CliRun> {
  return new Promise((resolve) => {
    const options = { env, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 60_000 } as const
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ exitCode, stdout, stderr })
    })
  })
}
