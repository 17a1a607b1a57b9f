/** The testbed's real node: what the tests of crashes, hosts and the operator's image rely on. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { type Cluster, startCluster } from '../../hack/testbed/cluster.ts'
import { nodeName } from '../../hack/testbed/cluster-files.ts'
import { debianProgram } from '../../hack/testbed/debian.ts'
import { busyboxImage } from '../../hack/testbed/images.ts'
import { bridgeName, canRunNode, nodeSocketFolder, settingsFile } from '../../hack/testbed/node-host.ts'
import { processesOf } from '../../hack/testbed/processes.ts'
import { NodeTakenError } from '../../hack/testbed/registry.ts'
import { mountsUnder } from '../../hack/testbed/teardown.ts'
import { systemClock } from '../../src/base/clock.ts'
import { commands } from '../../src/cli/commands.ts'
import { milliValue, parseQuantity, wholeValue } from '../../src/model/quantity.ts'
import { runCli } from '../support/cli.ts'
import { startAndKillOwner } from '../support/doom.ts'
import { eventually } from '../support/eventually.ts'
import { skipUnless } from '../support/skip.ts'

const pod = (name: string, script: string, resources: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: 'main', image: busyboxImage, imagePullPolicy: 'Never', command: ['/bin/sh', '-c', script], resources },
    ],
  },
})

/** An item of `dogwatch capacity -o json`, as far as kubectl top shows it. */
interface Row {
  readonly name: string
  readonly usage: { readonly cpu?: string; readonly memory?: string }
}

interface Measured {
  readonly name: string
  readonly usage: { readonly cpu: string; readonly memory: string }
}

/** A pod that crashes or has ended has no sample: it is not in kubectl top, and here it has no amounts. */
function isMeasured(row: Row): row is Measured {
  return row.usage.cpu !== undefined && row.usage.memory !== undefined
}

/** kubectl top rounds processor time up to thousandths and cuts memory to mebibytes. */
function asKubectlTop({ name, usage }: Measured): string {
  const cpuMilli = milliValue(parseQuantity(usage.cpu))
  const bytes = wholeValue(parseQuantity(usage.memory))
  return `${name.split('/').at(-1)} ${cpuMilli}m ${bytes / 1_048_576n}Mi`
}

/** `name cpu memory` of a line of kubectl top: nodes show percents between, pods their namespace first. */
function columnsOf(what: 'nodes' | 'pods', columns: readonly string[]): string {
  const [first, second, third, fourth] = columns
  return what === 'nodes' ? `${first} ${second} ${fourth}` : `${second} ${third} ${fourth}`
}

/** What a node leaves on the machine outside its folder; empty when there is nothing. */
function tracesOf(dir: string): string[] {
  const firewall = execFileSync(debianProgram('iptables').replace(/iptables$/, 'iptables-save'), { encoding: 'utf8' })
  const traces: Record<string, boolean> = {
    folder: existsSync(dir),
    sockets: existsSync(nodeSocketFolder),
    processes: processesOf(dir).length > 0,
    mounts: mountsUnder(dir).length > 0,
    bridge: existsSync(`/sys/class/net/${bridgeName}`),
    'firewall rules': /(KUBE|CNI)-/.test(firewall),
    'control groups': readdirSync('/sys/fs/cgroup').some((tree) => existsSync(`/sys/fs/cgroup/${tree}/kubepods`)),
    'log links': existsSync('/var/log/containers') && readdirSync('/var/log/containers').length > 0,
    'device plug-in socket': existsSync('/var/lib/kubelet/device-plugins/kubelet.sock'),
    'network results': existsSync('/var/lib/cni/results'),
  }
  return Object.keys(traces).filter((name) => traces[name])
}

describe('a real node', function () {
  this.timeout(240_000)
  let cluster: Cluster

  const forwarding = () => readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()

  /** Asked when the node runs: before that, the node of another test may have had its turn. */
  const forwardingBefore = () => JSON.parse(readFileSync(settingsFile, 'utf8'))['net/ipv4/ip_forward']

  before(async function () {
    const ability = canRunNode()
    skipUnless(this, ability.ok, ability.ok ? '' : ability.reason)
    cluster = await startCluster({ node: true, metricsServer: true })
  })
  after(() => cluster?.stop())

  const podStatus = async (name: string) =>
    JSON.parse(await cluster.mustKubectl(['get', 'pod', name, '-o', 'json'])).status

  it('runs a pod: its log comes, commands run in it, and it reaches the API server’s Service', async () => {
    await cluster.apply([pod('hello', 'echo hello from the pod; exec sleep 3600')])
    await cluster.mustKubectl(['wait', '--for=condition=Ready', 'pod/hello', '--timeout=60s'])
    expect(await cluster.mustKubectl(['logs', 'hello'])).to.equal('hello from the pod\n')
    expect(await cluster.mustKubectl(['exec', 'hello', '--', 'hostname'])).to.equal('hello\n')
    await cluster.mustKubectl(['exec', 'hello', '--', 'nc', '-w', '5', '10.96.0.1', '443'])
  })

  it('restarts what crashes, with its exit code, and ends what takes too much memory', async () => {
    await cluster.apply([
      pod('crash', 'echo going down; exit 3'),
      pod('greedy', 'exec tail /dev/zero', { limits: { memory: '20Mi' } }),
    ])
    const ended = async (name: string) => (await podStatus(name)).containerStatuses?.[0]?.lastState?.terminated
    expect(await eventually('a crash', () => ended('crash'))).to.include({ exitCode: 3, reason: 'Error' })
    expect(await eventually('an OOM kill', () => ended('greedy'))).to.include({ reason: 'OOMKilled' })
  })

  it('is measured: kubectl top shows the node and the pod', async () => {
    const top = (...args: readonly string[]) =>
      eventually(`kubectl top ${args.join(' ')}`, async () => {
        const { code, stdout } = await cluster.kubectl(['top', ...args, '--no-headers'])
        return code === 0 && stdout
      })
    expect(await top('node', nodeName)).to.match(/^node-1\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/)
    expect(await top('pod', 'hello')).to.match(/^hello\s+\d+m\s+\d+Mi/)
  })

  it('is measured alike: dogwatch capacity shows the use that kubectl top shows, of the node and of its pods', async () => {
    const topOf = (...args: readonly string[]) => cluster.mustKubectl(['top', ...args, '--no-headers'])
    const usesOf = async (what: string) => {
      const args = ['capacity', what, '--utilization', '--kubeconfig', cluster.kubeconfigPath, '-o', 'json']
      const { items } = JSON.parse((await runCli(commands, args, { clock: systemClock })).stdout)
      return (items as Row[]).filter(isMeasured).map(asKubectlTop).sort()
    }
    const agree = (what: 'nodes' | 'pods', args: readonly string[]) =>
      eventually(`both show the same sample of ${what}`, async () => {
        const before = await topOf(...args)
        const ours = await usesOf(what)
        if (before !== (await topOf(...args))) return undefined
        const theirs = before
          .trim()
          .split('\n')
          .map((line) => columnsOf(what, line.trim().split(/\s+/)))
          .sort()
        expect(ours).to.deep.equal(theirs)
        return ours.length
      })
    expect(await agree('nodes', ['node'])).to.equal(1)
    expect(await agree('pods', ['pod', '-A'])).to.be.greaterThan(0)
  })

  it('is one at a time on a machine', async () => {
    const second = await startCluster({ node: true }).catch((error: unknown) => error)
    expect(second).to.be.instanceOf(NodeTakenError)
    expect((second as Error).message).to.include(cluster.dir)
  })

  it('leaves nothing, stopped in the middle of things', async () => {
    await cluster.apply([pod('busy', 'while true; do :; done')])
    await eventually('a running pod', async () => (await podStatus('busy')).phase === 'Running')
    expect(tracesOf(cluster.dir)).not.to.deep.equal([])
    expect(forwarding()).to.equal('1')
    const before = forwardingBefore()
    await cluster.stop()
    expect(tracesOf(cluster.dir)).to.deep.equal([])
    expect(forwarding()).to.equal(before)
  })

  it('of a test that was killed is cleared by the next start', async () => {
    const doomed = await startAndKillOwner(['--node'], async ({ dir }) => {
      expect(tracesOf(dir)).to.include.members(['folder', 'processes', 'mounts', 'bridge', 'firewall rules'])
    })
    cluster = await startCluster({ node: true })
    expect(existsSync(doomed.dir)).to.equal(false)
    expect(processesOf(doomed.dir)).to.deep.equal([])
    expect(mountsUnder(doomed.dir)).to.deep.equal([])
    await cluster.stop()
    expect(tracesOf(doomed.dir)).to.deep.equal([])
  })
})
