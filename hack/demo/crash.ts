/**
 * A workload that crashes twice and then runs: on a real node where this machine can run one, so that kubelet and kernel say
 * what happened; else on a pretended node, with its status written as a kubelet would and its log served by kwok.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, ClusterOptions } from '../testbed/cluster.ts'
import { nodeName } from '../testbed/cluster-files.ts'
import { busyboxImage } from '../testbed/images.ts'
import { canRunNode, type NodeAbility } from '../testbed/node-host.ts'
import { listClusters } from '../testbed/registry.ts'

export const crashNamespace = 'shop'
export const crashWorkload = 'checkout'
/** As messages name it. */
export const crashSubject = `Deployment ${crashNamespace}/${crashWorkload}, container ${crashWorkload}`
/** The last line that it writes. */
export const lastWords = 'Caused by: java.net.ConnectException: Connection refused'

const crashLog = [
  'INFO  checkout 2.7.0 is starting',
  'INFO  store postgres://checkout:correct-horse@ledger-db:5432/orders',
  'WARN  no connection to ledger-db:5432, 1 of 2 tries',
  'WARN  no connection to ledger-db:5432, 2 of 2 tries',
  'ERROR order 48151 cannot be booked',
  'java.lang.IllegalStateException: the ledger is not there',
  '    at com.example.checkout.Ledger.open(Ledger.java:88)',
  '    at com.example.checkout.Checkout.book(Checkout.java:214)',
  '    at com.example.checkout.Main.main(Main.java:31)',
  lastWords,
]

/** Whether there can be a real node now: one runs on a machine at a time. */
export async function nodeAbility(): Promise<NodeAbility> {
  const ability = canRunNode()
  if (!ability.ok) return ability
  const isTaken = (await listClusters()).some(({ node }) => node)
  return isTaken ? { ok: false, reason: "another cluster has this machine's one node" } : ability
}

/** The route of examples/ that tells it. */
export const crashRoute = { name: 'crashes', namespace: 'dogwatch-system' } as const

/** So that nobody has to wait long to see it told, and over. */
export async function hurryRoute(cluster: Cluster): Promise<void> {
  const patch = JSON.stringify({ spec: { grouping: { wait: '0s', interval: '1s', healthyFor: '10s' } } })
  const { name, namespace } = crashRoute
  await cluster.mustKubectl(['patch', 'crashalertroute', name, '-n', namespace, '--type=merge', '-p', patch])
}

/** What a cluster needs for the pretended crash. */
export async function pretendedCrashOptions(folder: string): Promise<ClusterOptions> {
  const logFile = join(folder, 'checkout.log')
  const atText = new Date().toISOString()
  // As container runtimes write logs, which is what kwok reads.
  await writeFile(logFile, crashLog.map((line) => `${atText} stdout F ${line}\n`).join(''))
  return { kwokLogs: [{ namespace: crashNamespace, file: logFile, previousFile: logFile }] }
}

export async function crashOnRealNode(cluster: Cluster): Promise<void> {
  const state = [{ name: 'state', mountPath: '/state' }]
  const command = ['/bin/sh', '-c', crashTwice]
  const container = { image: busyboxImage, imagePullPolicy: 'Never', command, volumeMounts: state }
  const where = { nodeSelector: { 'kubernetes.io/hostname': nodeName }, volumes: [{ name: 'state', emptyDir: {} }] }
  await cluster.apply([deployment(container, where)])
}

/** What happened before outlives a container in a volume. */
const crashTwice = `
runs=$(cat /state/runs 2>/dev/null || echo 0)
echo $((runs + 1)) > /state/runs
if [ "$runs" -ge 2 ]; then echo 'INFO  checkout 2.7.0 takes orders'; exec sleep 1000000; fi
cat <<'END'
${crashLog.join('\n')}
END
sleep 2
exit 1`

const pretendedImage = 'example.test/checkout:2.7.0'

export async function crashOnPretendedNode(cluster: Cluster, signal: AbortSignal): Promise<void> {
  await cluster.apply([deployment({ image: pretendedImage }, { nodeName: 'node-12' })])
  const selector = ['-n', crashNamespace, '-l', `app=${crashWorkload}`]
  await cluster.mustKubectl(['wait', ...selector, 'pod', '--for=create', '--timeout=30s'])
  await cluster.mustKubectl(['wait', ...selector, 'pod', '--for=condition=Ready', '--timeout=30s'])
  const pod = (await cluster.mustKubectl(['get', 'pod', ...selector, '-o', 'name'])).trim()
  const first = endOf(1)
  await write(cluster, pod, { ...running(0), lastState: {} })
  await sleep(1_000, undefined, { signal })
  await write(cluster, pod, { ...running(1), lastState: { terminated: first } })
  await sleep(1_500, undefined, { signal })
  const second = endOf(2)
  await write(cluster, pod, { ...waiting(1), lastState: { terminated: second } })
  await sleep(6_000, undefined, { signal })
  await write(cluster, pod, { ...running(2), lastState: { terminated: second } })
}

async function write(cluster: Cluster, pod: string, status: object): Promise<void> {
  const container = { name: crashWorkload, image: pretendedImage, imageID: '', ...status }
  const patch = JSON.stringify({ status: { containerStatuses: [container] } })
  const args = ['patch', pod, '-n', crashNamespace, '--subresource=status', '--type=merge', '-p', patch]
  await cluster.mustKubectl(args)
}

const nowText = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z')
const runId = (run: number) => `containerd://${run}`

/** Runs count from 1: the first one ran after no restart. */
function running(restartCount: number): object {
  const state = { running: { startedAt: nowText() } }
  return { restartCount, ready: true, started: true, containerID: runId(restartCount + 1), state }
}

function waiting(restartCount: number): object {
  const message = `back-off 10s restarting failed container=${crashWorkload}`
  const state = { waiting: { reason: 'CrashLoopBackOff', message } }
  return { restartCount, ready: false, started: false, containerID: runId(restartCount + 1), state }
}

function endOf(run: number): object {
  return { exitCode: 1, reason: 'Error', startedAt: nowText(), finishedAt: nowText(), containerID: runId(run) }
}

function deployment(container: object, where: object): object {
  const labels = { app: crashWorkload }
  const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }
  const containers = [{ name: crashWorkload, resources, ...container }]
  const quick = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 1, dnsPolicy: 'Default' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: crashWorkload, namespace: crashNamespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...quick, ...where, containers } },
    },
  }
}
