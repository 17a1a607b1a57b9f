/**
 * Shows the main job: a real control plane with pretended nodes, the operator from source on its embedded defaults, the
 * policies of examples/, and the warnings as they come: a node that is too full, and a workload that crashes. Its cluster is its
 * own and gone when it ends.
 *
 * DEMO_SECONDS=60 makes it end by itself so long after the operator's start at most; it then makes the recovery happen, and the
 * exit code is 0 only if the warning, the crash with the end of its log, and the recovery of both were seen.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { binaryPath, kubectlProgram } from '../testbed/binaries.ts'
import { type Cluster, type ClusterOptions, startCluster } from '../testbed/cluster.ts'
import { freePort } from '../testbed/free-port.ts'
import type { NodeAbility } from '../testbed/node-host.ts'
import {
  crashNamespace,
  crashOnPretendedNode,
  crashOnRealNode,
  crashRoute,
  crashSubject,
  crashWorkload,
  hurryRoute,
  lastWords,
  nodeAbility,
  pretendedCrashOptions,
} from './crash.ts'
import { sendToApi } from './people-api.ts'
import { Seen } from './seen.ts'
import { burstLabel, burstNamespace, createWorld, crowdedNode, nodeCount, podCount } from './world.ts'

const root = new URL('../..', import.meta.url).pathname
const seconds = Number(process.env.DEMO_SECONDS ?? 0)
if (!(seconds >= 0)) {
  console.error(`DEMO_SECONDS is ${process.env.DEMO_SECONDS}: give a number of seconds, such as 60`)
  process.exit(2)
}
const isTimed = seconds > 0
const shownTableLines = 12

const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())

const say = (text: string) => console.log(text)
const step = (text: string) => say(`\n\u2500\u2500 ${text}`)

const seen = new Seen(lastWords)

function startOperator(cluster: Cluster, dataDir: string, apiPort: number): ChildProcess {
  const args = ['src/bin/dogwatch.ts', 'operator', '--kubeconfig', cluster.kubeconfigPath, '--listen', '127.0.0.1:0']
  const own = ['--data-dir', dataDir, '--cluster-name', 'demo', '--log-level', 'warn']
  const operator = spawn(process.execPath, [...args, ...own, '--api-listen', `127.0.0.1:${apiPort}`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A Ctrl-C at the terminal goes to the demo, which ends its parts in order.
    detached: true,
  })
  createInterface({ input: operator.stdout }).on('line', (line) => {
    seen.note(line)
    say(line)
  })
  return operator
}

async function showTable(cluster: Cluster): Promise<void> {
  const args = [
    'src/bin/dogwatch.ts',
    'capacity',
    'nodes',
    '--kubeconfig',
    cluster.kubeconfigPath,
    '--sort',
    'cpu.requests.percent',
  ]
  const table = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: table.stdout })) lines.push(line)
  const blank = lines.indexOf('')
  const end = blank < 0 ? lines.length : blank
  const hidden = end - shownTableLines
  for (const line of lines.slice(0, Math.min(end, shownTableLines))) say(line)
  if (hidden > 0) say(`... and ${hidden} more`)
  // What the columns do not say by themselves.
  for (const line of lines.slice(end)) say(line)
}

function whatToTry(cluster: Cluster): string {
  const program = join(root, 'hack/dogwatch')
  const tries: readonly (readonly [string, string])[] = [
    ['kubectl get dogwatch -A', 'what the policies and routes see'],
    [`kubectl describe node ${crowdedNode} | tail -n 20`, 'the same number, by kubectl'],
    [`dogwatch capacity --explain ${crowdedNode}`, 'how the number is made'],
    [`kubectl -n ${burstNamespace} delete pod -l ${burstLabel}`, 'a recovery: watch it here'],
    ['dogwatch crashes -A', 'what crashed, and why'],
    ['dogwatch crashes search "connection refused" -A', 'by what was in the log'],
    [`kubectl -n ${crashNamespace} rollout restart deployment/${crashWorkload}`, 'no crash: nothing is told'],
    ['kubectl -n dogwatch-system edit capacitypolicy node-overcommit', 'a threshold of your own'],
  ]
  const width = Math.max(...tries.map(([command]) => command.length))
  return `
What to try, in another terminal:

  export KUBECONFIG=${cluster.kubeconfigPath}
  alias kubectl=${binaryPath(kubectlProgram)} dogwatch=${program}
${tries.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join('\n')}
`
}

async function stopOperator(operator: ChildProcess): Promise<void> {
  if (operator.exitCode !== null) return
  const exited = new Promise((resolve) => operator.once('exit', resolve))
  operator.kill('SIGTERM')
  await Promise.race([exited, sleep(6_000, undefined, { ref: false })])
  operator.kill('SIGKILL')
}

async function untilSeen(what: () => boolean, deadlineMs: number): Promise<void> {
  while (!what() && Date.now() < deadlineMs && !ended.signal.aborted) await sleep(200)
}

/** metrics-server needs two samples, and the policies ask it each half minute. */
async function untilUsageIsKnown(cluster: Cluster, deadlineMs: number): Promise<void> {
  const path = 'jsonpath={.items[*].status.unknown}'
  const countUnknown = async () => {
    const counts = await cluster.mustKubectl(['get', 'capacitypolicies', '-A', '-o', path])
    return counts.split(' ').reduce((sum, count) => sum + Number(count), 0)
  }
  while (Date.now() < deadlineMs && !ended.signal.aborted && (await countUnknown()) > 0) await sleep(1_000)
}

async function runTimed(cluster: Cluster, deadlineMs: number): Promise<boolean> {
  const subject = `Node ${crowdedNode}`
  await untilSeen(() => seen.hasWarned(subject), deadlineMs)
  step(`The same as you would: kubectl -n ${burstNamespace} delete pod -l ${burstLabel}`)
  await cluster.mustKubectl(['-n', burstNamespace, 'delete', 'pod', '-l', burstLabel, '--wait=false'])
  await untilSeen(() => seen.hasRecovered(subject), deadlineMs)
  await untilSeen(() => seen.hasRecovered(crashSubject), deadlineMs)
  await untilUsageIsKnown(cluster, deadlineMs)
  step('What the policies and routes say now')
  say(await cluster.mustKubectl(['get', 'dogwatch', '-A']))
  return seen.isWhole([subject, crashSubject])
}

function untilInterrupted(operator: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    ended.signal.addEventListener('abort', () => resolve(), { once: true })
    operator.once('exit', () => resolve())
    if (ended.signal.aborted) resolve()
  })
}

interface Stage {
  readonly cluster: Cluster
  readonly dataDir: string
  readonly ability: NodeAbility
}

async function show({ cluster, dataDir, ability }: Stage): Promise<boolean> {
  step(`Creating ${nodeCount} nodes and ${podCount} pods (pretended by kwok on a real API server)`)
  await createWorld(cluster, ended.signal)
  step('Installing the kinds (crds/), applying the policies of examples/, starting the operator from source')
  await cluster.mustKubectl(['apply', '--server-side', '-k', join(root, 'crds')])
  await cluster.mustKubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
  await cluster.mustKubectl(['apply', '-f', join(root, 'examples')])
  await hurryRoute(cluster)
  step('What the cluster looks like')
  await showTable(cluster)
  step('Warnings, as they come')
  const apiPort = await freePort()
  await sendToApi(cluster, apiPort)
  const operator = startOperator(cluster, dataDir, apiPort)
  const startedMs = Date.now()
  try {
    letCrash(cluster, ability).catch((error: Error) => {
      if (!ended.signal.aborted) say(`No crash could be made: ${error.message}`)
    })
    if (!isTimed) say(whatToTry(cluster))
    return isTimed ? await runTimed(cluster, startedMs + seconds * 1_000) : await isLeft(operator)
  } finally {
    await stopOperator(operator)
  }
}

async function isLeft(operator: ChildProcess): Promise<boolean> {
  await untilInterrupted(operator)
  return operator.exitCode === null
}

/** Only what happens from when the route is at work is told as a crash of its own. */
async function letCrash(cluster: Cluster, ability: NodeAbility): Promise<void> {
  const route = ['crashalertroute', crashRoute.name, '-n', crashRoute.namespace]
  await cluster.mustKubectl(['wait', ...route, '--for=condition=Ready', '--timeout=60s'])
  if (ability.ok) await crashOnRealNode(cluster)
  else await crashOnPretendedNode(cluster, ended.signal)
}

/** With a real node where this machine can run one; the crash is pretended elsewhere. */
async function optionsFor(ability: NodeAbility, dataDir: string): Promise<ClusterOptions> {
  const own = ability.ok ? { node: true } : await pretendedCrashOptions(dataDir)
  return { kwok: true, metricsServer: true, ...own }
}

async function main(): Promise<number> {
  const ability = await nodeAbility()
  step('Starting a control plane (etcd, kube-apiserver, controller-manager, scheduler, kwok); it takes a few seconds')
  if (ability.ok) say('   with a real node beside the pretended ones (containerd, kubelet): node-1 is this machine')
  else say(`   no real node beside the pretended ones: ${ability.reason}`)
  const dataDir = await mkdtemp(join(tmpdir(), 'dogwatch-demo-data-'))
  try {
    const isGood = await showCluster(ability, dataDir)
    const what = 'a warning, a crash with the end of its log, and the recovery of both'
    if (isTimed) say(isGood ? `\nSeen: ${what}.` : `\nNOT all seen: ${what}.`)
    return isGood ? 0 : 1
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function showCluster(ability: NodeAbility, dataDir: string): Promise<boolean> {
  const cluster = await startCluster(await optionsFor(ability, dataDir))
  try {
    return await show({ cluster, dataDir, ability })
  } finally {
    step('Ending: removing the control plane')
    await cluster.stop()
  }
}

process.exitCode = await main()
