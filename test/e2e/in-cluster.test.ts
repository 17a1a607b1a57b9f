/**
 * The image that ships, in a real cluster with a real kubelet: every command of docs/install.md is run as it stands there,
 * in a copy of the checkout. The API server's audit log then tells whether the operator's rights are those that it needs.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { binaryPath, kubectlProgram } from '../../hack/testbed/binaries.ts'
import { type Cluster, missingForCluster, startCluster } from '../../hack/testbed/cluster.ts'
import { busyboxImage } from '../../hack/testbed/images.ts'
import { canRunNode } from '../../hack/testbed/node-host.ts'
import { mustRun, runCommand } from '../../hack/testbed/run-command.ts'
import { scriptsByHeading } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { accessOf, grantsOf, type Role, refusals } from '../support/role-use.ts'
import { skipUnless } from '../support/skip.ts'

const root = join(import.meta.dirname, '../..')
const documented = scriptsByHeading(readFileSync(join(root, 'docs/install.md'), 'utf8'))
const systemNamespace = 'dogwatch-system'
const apiVersion = 'dogwatch.dev/v1alpha1'
const nodeCpu = { name: 'cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80 }

/** A volume for a cluster that has no StorageClass: a folder of the node. */
const localVolume = (path: string) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'of-the-node' },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    local: { path },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] }],
      },
    },
  },
})

interface Policy {
  readonly status?: { readonly firing?: number; readonly unknown?: number; readonly conditions?: readonly Condition[] }
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
}

interface Pod {
  readonly metadata: {
    readonly resourceVersion: string
    readonly deletionTimestamp?: string
    readonly deletionGracePeriodSeconds?: number
  }
  readonly spec: {
    readonly securityContext: object
    readonly containers: readonly { readonly securityContext: object }[]
  }
  readonly status: {
    readonly containerStatuses?: readonly {
      readonly ready: boolean
      readonly restartCount: number
      readonly state: { readonly terminated?: { readonly exitCode: number; readonly finishedAt: string } }
    }[]
  }
}

describe('the image in a cluster, installed as docs/install.md says', function () {
  this.timeout(10 * 60_000)
  // Each step stands on the one before.
  this.bail(true)
  let cluster: Cluster
  let checkout: string
  const image = /IMAGE=(\S+)/.exec(documented.get('Image')?.[0] ?? '')![1]!
  const blocksRun: string[] = []

  before(async function () {
    const ability = canRunNode()
    skipUnless(this, ability.ok, ability.ok ? '' : ability.reason)
    // Without WatchList the operator lists before it watches, so that every right of its role is put to use.
    const options = {
      node: true,
      metricsServer: true,
      auditLog: true,
      apiServerFlags: ['--feature-gates=WatchList=false'],
    }
    skipUnless(this, missingForCluster(options).length === 0, 'parts are missing: hack/testbed/testbed build --node')
    checkout = await mkdtemp(join(tmpdir(), 'dogwatch-checkout.'))
    await copyCheckout(checkout)
    // Before the machine's one node is taken: others may wait for it.
    await mustRun(join(checkout, 'hack/image'), ['--name', image])
    cluster = await startCluster(options)
  })

  after(async () => {
    await cluster?.stop()
    if (checkout !== undefined) await rm(checkout, { recursive: true })
  })

  /** What a clone would have, with what is not committed yet. */
  async function copyCheckout(target: string): Promise<void> {
    const list = execFileSync('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'])
    const files = list.toString().split('\0')
    for (const file of files.filter((name) => name !== '')) {
      await cp(join(root, file), join(target, file))
    }
  }

  /** Runs the next block of a section and gives what it printed. A warning of kubectl is a failure. */
  async function follow(heading: string): Promise<string> {
    const index = blocksRun.filter((name) => name === heading).length
    const script = documented.get(heading)?.[index]
    if (script === undefined) throw new Error(`docs/install.md has no block ${index + 1} under "${heading}"`)
    blocksRun.push(heading)
    const env = {
      ...process.env,
      IMAGE: image,
      KUBECONFIG: cluster.kubeconfigPath,
      KUBECACHEDIR: join(cluster.dir, 'kubectl-cache'),
      PATH: `${dirname(binaryPath(kubectlProgram))}:${process.env.PATH}`,
    }
    const { code, stdout, stderr } = await runCommand('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: checkout,
      env,
    })
    if (code !== 0 || /warning/i.test(stderr)) throw new Error(`${script}\nended with ${code}: ${stderr}${stdout}`)
    return stdout
  }

  async function get<T>(namespace: string, object: string): Promise<T> {
    return JSON.parse(await cluster.mustKubectl(['get', '-n', namespace, object, '-o', 'json'])) as T
  }

  const policy = (name: string, namespace: string, spec: object) => ({
    apiVersion,
    kind: 'CapacityPolicy',
    metadata: { name, namespace },
    spec,
  })

  const firing = async (namespace: string, name: string) =>
    (await get<Policy>(namespace, `capacitypolicy/${name}`)).status?.firing ?? 0

  const conditionOf = async (namespace: string, name: string, type: string) => {
    const { status } = await get<Policy>(namespace, `capacitypolicy/${name}`)
    return status?.conditions?.find((condition) => condition.type === type)
  }

  const logs = (namespace: string) => cluster.mustKubectl(['logs', '-n', namespace, 'deployment/dogwatch'])

  const eventNotes = async (namespace: string, name: string) =>
    cluster.mustKubectl(['events', '-n', namespace, `--for=capacitypolicy/${name}`, '--no-headers'])

  async function operatorPod(namespace: string): Promise<string> {
    const selector = 'app.kubernetes.io/name=dogwatch'
    const names = await cluster.mustKubectl(['get', 'pods', '-n', namespace, '-l', selector, '-o', 'name'])
    return names.trim().replace('pod/', '')
  }

  /** A pod that asks for most of the node, and a quota that it fills. */
  async function fill(namespace: string, cpu: string): Promise<void> {
    const container = {
      name: 'sleeper',
      image: busyboxImage,
      imagePullPolicy: 'Never',
      command: ['sleep', '1000000'],
      resources: { requests: { cpu, memory: '16Mi' }, limits: { memory: '64Mi' } },
    }
    await cluster.apply([
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few', namespace }, spec: { hard: { pods: '3' } } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'sleeper', namespace }, spec: { containers: [container] } },
    ])
  }

  /** A route, and crashes of the two kinds of workloads whose revisions are kept in two ways; one at a time, as a quota may be full. */
  async function tellCrashes(routeNamespace: string, namespace: string): Promise<void> {
    const route = { apiVersion, kind: 'CrashAlertRoute', metadata: { name: 'crashes', namespace: routeNamespace } }
    await cluster.apply([{ ...route, spec: { grouping: { wait: '0s' } } }])
    await eventually('the route is at work', async () => {
      const { status } = await get<{ status?: { open?: number } }>(routeNamespace, 'crashalertroute/crashes')
      return status?.open === 0
    })
    for (const kind of ['Deployment', 'StatefulSet']) {
      const name = `crashing-${kind.toLowerCase()}`
      await cluster.apply([crashingWorkload(kind, { name, namespace })])
      await eventually(`${name} is told`, async () => (await logs(routeNamespace)).includes(name), 90_000)
      await cluster.mustKubectl(['delete', '-n', namespace, `${kind.toLowerCase()}/${name}`])
      await cluster.mustKubectl(['wait', '-n', namespace, '--for=delete', 'pod', '-l', `app=${name}`, '--timeout=60s'])
    }
    await cluster.mustKubectl(['delete', '-n', routeNamespace, 'crashalertroute/crashes'])
  }

  function crashingWorkload(kind: string, metadata: { name: string; namespace: string }): object {
    const labels = { app: metadata.name }
    const container = {
      name: 'main',
      image: busyboxImage,
      imagePullPolicy: 'Never',
      command: ['/bin/sh', '-c', 'echo panic; exit 1'],
      resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { memory: '16Mi' } },
    }
    const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 0, containers: [container] } }
    const named = kind === 'StatefulSet' ? { serviceName: metadata.name } : {}
    const spec = { replicas: 1, selector: { matchLabels: labels }, template, ...named }
    return { apiVersion: 'apps/v1', kind, metadata, spec }
  }

  /** The operator's requests so far, and its rights that none of them needed. */
  async function useOfRights(namespace: string, roles: readonly string[]) {
    const account = `system:serviceaccount:${namespace}:dogwatch`
    const requests = (await cluster.auditEvents()).filter(({ user }) => user.username === account)
    const granted = grantsOf(await Promise.all(roles.map((role) => get<Role>(namespace, role))))
    const used = new Set(requests.map(accessOf))
    return { count: requests.length, refused: refusals(requests), unused: granted.filter((grant) => !used.has(grant)) }
  }

  /** A receiver that names a Secret, a silence, and one that was made by the API and is long over. */
  async function useSecretAndSilences(namespace: string): Promise<void> {
    const object = (kind: string, name: string, spec: object, labels = {}) => ({
      ...{ apiVersion, kind, spec, metadata: { name, namespace, labels } },
    })
    const matchers = [{ name: 'pod', value: 'nobody' }]
    const times = { startsAt: '2026-01-01T00:00:00Z', endsAt: '2026-01-02T00:00:00Z' }
    await cluster.apply([
      object('AlertReceiver', 'hook', { webhook: { urlSecretRef: { name: 'absent', key: 'url' } } }),
      object('Silence', 'young', { matchers, duration: '1h' }),
      object('Silence', 'old', { matchers, ...times }, { 'dogwatch.dev/created-by': 'api' }),
    ])
    const names = () => cluster.mustKubectl(['get', 'silences', '-n', namespace, '-o', 'name'])
    await eventually('the old silence is deleted', async () => !(await names()).includes('/old'))
    await eventually('the missing Secret is told', async () => {
      const { status } = await get<Policy>(namespace, 'alertreceiver/hook')
      const found = status?.conditions?.find((condition) => condition.type === 'ResolvedRefs')
      return found?.reason === 'SecretUnavailable'
    })
    expect(await names()).to.include('/young')
    await cluster.mustKubectl(['delete', '-n', namespace, 'silence/young', 'alertreceiver/hook'])
  }

  /** Deletes the operator's pod, waits for the next one, and gives how the container ended as the kubelet told it. */
  async function endOperator(namespace: string): Promise<{ exitCode: number; tookSeconds: number }> {
    const name = await operatorPod(namespace)
    const { metadata } = await get<Pod>(namespace, `pod/${name}`)
    await cluster.mustKubectl(['delete', 'pod', '-n', namespace, name, '--timeout=30s'])
    const since = `fieldSelector=metadata.name=${name}&resourceVersion=${metadata.resourceVersion}`
    const history = `/api/v1/namespaces/${namespace}/pods?watch=true&timeoutSeconds=1&${since}`
    const { body } = await cluster.request(history)
    const pods = body
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { object: Pod }).object)
    const asked = pods.find((pod) => pod.metadata.deletionTimestamp !== undefined)!.metadata
    const askedMs = Date.parse(asked.deletionTimestamp!) - asked.deletionGracePeriodSeconds! * 1000
    const ended = pods.at(-1)!.status.containerStatuses![0]!.state.terminated!
    await cluster.mustKubectl(['rollout', 'status', '-n', namespace, 'deployment/dogwatch', '--timeout=60s'])
    return { exitCode: ended.exitCode, tookSeconds: (Date.parse(ended.finishedAt) - askedMs) / 1000 }
  }

  it('Image: is built and named as asked', async () => {
    const printed = await follow('Image')
    const archive = printed.trim().split('\n').at(-1)!
    await cluster.importImage(archive)
    const manifest = execFileSync('tar', ['-xOf', archive, 'manifest.json']).toString()
    expect(JSON.parse(manifest)[0].RepoTags).to.deep.equal([image])
  })

  it('Cluster-wide: becomes ready in a restricted namespace, on a read-only root, as nobody', async () => {
    await follow('Cluster-wide')
    const { spec, status } = await get<Pod>(systemNamespace, `pod/${await operatorPod(systemNamespace)}`)
    expect(status.containerStatuses?.[0]).to.include({ ready: true, restartCount: 0 })
    expect(spec.securityContext).to.include({ runAsNonRoot: true, runAsUser: 65_532 })
    expect(spec.containers[0]?.securityContext).to.include({ readOnlyRootFilesystem: true })
    const { metadata } = await get<{ metadata: { labels: Record<string, string> } }>('', `namespace/${systemNamespace}`)
    expect(metadata.labels).to.include({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const version = await cluster.mustKubectl([
      'exec',
      '-n',
      systemNamespace,
      'deployment/dogwatch',
      '--',
      'dogwatch',
      'version',
    ])
    expect(version).to.match(/^dogwatch \d+\.\d+\.\d+ /)
  })

  it('The first policies: a warning in kubectl logs and in the status, with the numbers of kubectl describe node', async () => {
    await fill('default', '1700m')
    const seen = await follow('The first policies')
    expect(seen).to.match(/dogwatch-system +capacitypolicy\.dogwatch\.dev\/node-overcommit/)
    await eventually('node-overcommit fires', async () => (await firing(systemNamespace, 'node-overcommit')) === 1)
    const text = await follow('The first policies')
    const [, percent] = /WARNING {2}Node node-1: cpu requests at ([\d.]+)% of allocatable, above 80%/.exec(text) ?? []
    const described = await cluster.mustKubectl(['describe', 'node', 'node-1'])
    const [, milli, rounded] = /^ +cpu +(\d+)m \((\d+)%\)/m.exec(described) ?? []
    const { status } = await get<{ status: { allocatable: { cpu: string } } }>('', 'node/node-1')
    expect(Number(percent)).to.equal(Number(milli) / (Number(status.allocatable.cpu) * 10))
    expect(Math.floor(Number(percent))).to.equal(Number(rounded))
    expect(text).to.match(/Firing: +1/)
  })

  it('a policy that asks for more than its namespace is rejected in a condition and an Event', async () => {
    const spec = {
      nodes: { selector: {} },
      rules: [nodeCpu],
    }
    await cluster.apply([policy('too-wide', 'default', spec)])
    const accepted = await eventually('too-wide is judged', () => conditionOf('default', 'too-wide', 'Accepted'))
    expect(accepted).to.include({ status: 'False', reason: 'OutOfScope' })
    await eventually('an Event says so', async () => (await eventNotes('default', 'too-wide')).includes('OutOfScope'))
  })

  it('a policy without receivers speaks through an Event, and use is known from the metrics API', async () => {
    const use = { resource: 'memory', measure: 'Utilization', above: 1 }
    const rules = [
      { name: 'pod', scope: 'Pod', ...use },
      { name: 'node', scope: 'Node', ...use },
    ]
    await cluster.apply([policy('any-use', systemNamespace, { interval: '5s', rules })])
    await eventually('any-use fires', async () => (await firing(systemNamespace, 'any-use')) >= 2, 90_000)
    await eventually('an Event says so', async () => (await eventNotes(systemNamespace, 'any-use')).includes('Alert'))
  })

  it('ends cleanly within 5 s of SIGTERM, and the next one, whose log went with the pod, tells what fires', async () => {
    const before = await logs(systemNamespace)
    expect(before).to.include('WARNING  Node node-1: cpu requests')
    const { exitCode, tookSeconds } = await endOperator(systemNamespace)
    console.log(`      ended within ${tookSeconds} s (to the second)`)
    expect(exitCode).to.equal(0)
    expect(tookSeconds).to.be.at.most(5)
    await eventually('the next operator judges', async () => {
      const ready = await conditionOf(systemNamespace, 'node-overcommit', 'Ready')
      return ready?.status === 'True' && (await logs(systemNamespace)).includes('Operator is working')
    })
    await eventually('it is told again', async () => (await logs(systemNamespace)).includes('above 80%'))
    await eventually('the status says so', async () => (await firing(systemNamespace, 'node-overcommit')) === 1)
  })

  it('Upgrade: applies again', async () => {
    expect(await follow('Upgrade')).to.match(/deployment\.apps\/dogwatch unchanged/)
  })

  it('tells crashes', () => tellCrashes(systemNamespace, 'default'))

  it('reads Secrets by name, and deletes silences of the API that are long over', () =>
    useSecretAndSilences(systemNamespace))

  it('asked for nothing that it may not do, and may do nothing that it does not ask for', async () => {
    const roles = ['clusterrole/dogwatch', 'role/dogwatch-own-namespace']
    const { count, refused, unused } = await useOfRights(systemNamespace, roles)
    console.log(`      ${count} requests`)
    expect(refused).to.deep.equal([])
    expect(unused).to.deep.equal([])
  })

  it('Uninstall: leaves nothing', async () => {
    await follow('Uninstall')
    expect(await cluster.mustKubectl(['get', 'crd,ns,clusterrole,clusterrolebinding', '-o', 'name'])).not.to.include(
      'dogwatch',
    )
  })

  it('config/persistent: what a file receiver wrote outlives the pod, and the next operator goes on in it', async () => {
    const volume = join(cluster.dir, 'volume')
    await mkdir(volume)
    await cluster.apply([localVolume(volume)])
    const overlay = join(checkout, 'deploy/persistent')
    await mkdir(overlay)
    const [newName, newTag] = image.split(':')
    const kustomization = { resources: ['../../config/persistent'], images: [{ name: 'dogwatch', newName, newTag }] }
    await writeFile(join(overlay, 'kustomization.yaml'), JSON.stringify(kustomization))
    await cluster.mustKubectl(['apply', '-k', overlay])
    await cluster.mustKubectl(['rollout', 'status', '-n', systemNamespace, 'deployment/dogwatch', '--timeout=120s'])

    const receiver = { apiVersion, kind: 'AlertReceiver', metadata: { name: 'log', namespace: systemNamespace } }
    await cluster.apply([{ ...receiver, spec: { file: {} } }])
    const toFile = (above: number) => ({ receivers: [{ name: 'log' }], rules: [{ ...nodeCpu, above }] })
    const lines = () => readFile(join(volume, 'receivers', systemNamespace, 'log.log'), 'utf8').catch(() => '')
    await cluster.apply([policy('first', systemNamespace, toFile(80))])
    await eventually('the first alert is in the file', async () => (await lines()).includes('"first"'))
    await endOperator(systemNamespace)
    await cluster.apply([policy('second', systemNamespace, toFile(70))])
    await eventually('the second alert is in the file', async () => (await lines()).includes('"second"'))
    expect((await lines()).match(/"policy":\{[^}]*"name":"first"/g)).to.have.length(1)
    await cluster.mustKubectl(['delete', '-k', overlay, '--timeout=60s'])
  })

  it('One namespace only: works with rights in that namespace alone, all of them used and none missing', async () => {
    const namespace = 'team-a'
    await cluster.mustKubectl(['create', 'namespace', namespace])
    await cluster.mustKubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/warn=restricted'])
    await follow('One namespace only')
    await follow('One namespace only')
    await fill(namespace, '10m')
    const rules = [
      { name: 'quota', scope: 'Namespace', measure: 'Quota', above: 50 },
      { name: 'use', scope: 'Pod', resource: 'memory', measure: 'Utilization', above: 1 },
    ]
    const console = {
      apiVersion,
      kind: 'AlertReceiver',
      metadata: { name: 'console', namespace },
      spec: { console: {} },
    }
    await cluster.apply([
      console,
      policy('mine', namespace, { interval: '5s', rules, receivers: [{ name: 'console' }] }),
    ])
    await cluster.apply([policy('too-wide', namespace, { rules: [{ ...rules[1], scope: 'Node', name: 'node' }] })])
    await eventually('mine fires', async () => (await firing(namespace, 'mine')) >= 2, 90_000)
    expect(await logs(namespace)).to.include('of quota few, above 50%')
    await eventually('an Event', async () => (await eventNotes(namespace, 'too-wide')).includes('OutOfScope'))
    await tellCrashes(namespace, namespace)
    await useSecretAndSilences(namespace)
    await endOperator(namespace)
    const { refused, unused } = await useOfRights(namespace, ['role/dogwatch', 'role/dogwatch-own-namespace'])
    expect(refused).to.deep.equal([])
    expect(unused).to.deep.equal([])
    await follow('One namespace only')
    const objects = ['get', 'all,role,rolebinding,serviceaccount,networkpolicy', '-n', namespace, '-o', 'name']
    await eventually('nothing is left', async () => !(await cluster.mustKubectl(objects)).includes('dogwatch'))
  })

  it('ran every command of the document', () => {
    const all = [...documented].flatMap(([heading, blocks]) => blocks.map(() => heading))
    expect(blocksRun).to.have.members(all)
  })
})
