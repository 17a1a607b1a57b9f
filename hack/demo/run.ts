/**
 * Shows the main job: a real control plane with pretended nodes, the operator from source on its embedded defaults, the
 * policies of examples/, and the warnings as they come. Its cluster is its own and gone when it ends.
 *
 * DEMO_SECONDS=60 makes it end by itself; it then makes the recovery happen, and the exit code is 0 only if a warning and
 * its recovery were seen.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { binaryPath, kubectlProgram } from '../testbed/binaries.ts'
import { type Cluster, startCluster } from '../testbed/cluster.ts'
import { burstLabel, burstNamespace, createWorld, crowdedNode, nodeCount, podCount } from './world.ts'

const root = new URL('../..', import.meta.url).pathname
const seconds = Number(process.env.DEMO_SECONDS ?? 0)
const isTimed = seconds > 0
const shownTableLines = 12

const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())

const say = (text: string) => console.log(text)
const step = (text: string) => say(`\n\u2500\u2500 ${text}`)

/** What went by on the operator's console. */
const seen = { warnings: new Set<string>(), recoveries: new Set<string>() }

/** `Node node-07: cpu requests 93.1% ...` is about `Node node-07`. */
function note(line: string): void {
  const match = /^\S+\s{2}(?<word>[A-Z ]+?)\s{2}(?:\[[^\]]*\] )?(?<about>.*)$/.exec(line)
  if (match?.groups === undefined) return
  const { word = '', about = '' } = match.groups
  const subject = about.split(':')[0] ?? about
  if (word === 'RESOLVED') seen.recoveries.add(subject)
  else if (word !== 'CLOSED') seen.warnings.add(subject)
}

function startOperator(cluster: Cluster, dataDir: string): ChildProcess {
  const args = ['src/bin/dogwatch.ts', 'operator', '--kubeconfig', cluster.kubeconfigPath, '--listen', '127.0.0.1:0']
  const operator = spawn(
    process.execPath,
    [...args, '--data-dir', dataDir, '--cluster-name', 'demo', '--log-level', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      // A Ctrl-C at the terminal goes to the demo, which ends its parts in order.
      detached: true,
    },
  )
  createInterface({ input: operator.stdout }).on('line', (line) => {
    note(line)
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
  const kubectl = binaryPath(kubectlProgram)
  return `
What to try, in another terminal:

  export KUBECONFIG=${cluster.kubeconfigPath}
  alias kubectl=${kubectl}
  kubectl get capacitypolicies -A                                 what the policies see
  kubectl describe node ${crowdedNode} | tail -n 20                    the same number, by kubectl
  ${join(root, 'hack/dogwatch')} capacity --explain ${crowdedNode}      how the number is made
  kubectl -n ${burstNamespace} delete pod -l ${burstLabel}                         a recovery: watch it here
  kubectl -n dogwatch-system edit capacitypolicy node-overcommit  a threshold of your own
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
  await untilSeen(() => seen.warnings.has(subject), deadlineMs)
  step(`The same as you would: kubectl -n ${burstNamespace} delete pod -l ${burstLabel}`)
  await cluster.mustKubectl(['-n', burstNamespace, 'delete', 'pod', '-l', burstLabel, '--wait=false'])
  await untilSeen(() => seen.recoveries.has(subject), deadlineMs)
  await untilUsageIsKnown(cluster, deadlineMs)
  step('What the policies say now')
  say(await cluster.mustKubectl(['get', 'capacitypolicies', '-A']))
  return seen.warnings.has(subject) && seen.recoveries.has(subject)
}

function untilInterrupted(operator: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    ended.signal.addEventListener('abort', () => resolve(), { once: true })
    operator.once('exit', () => resolve())
    if (ended.signal.aborted) resolve()
  })
}

async function show(cluster: Cluster, dataDir: string): Promise<boolean> {
  const startedMs = Date.now()
  step(`Creating ${nodeCount} nodes and ${podCount} pods (pretended by kwok on a real API server)`)
  await createWorld(cluster, ended.signal)
  step('Installing the kinds (crds/), applying the policies of examples/, starting the operator from source')
  await cluster.mustKubectl(['apply', '--server-side', '-k', join(root, 'crds')])
  await cluster.mustKubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
  await cluster.mustKubectl(['apply', '-f', join(root, 'examples')])
  step('What the cluster looks like')
  await showTable(cluster)
  step('Warnings, as they come')
  const operator = startOperator(cluster, dataDir)
  try {
    if (!isTimed) say(whatToTry(cluster))
    if (isTimed) return await runTimed(cluster, startedMs + seconds * 1_000)
    await untilInterrupted(operator)
    return operator.exitCode === null
  } finally {
    await stopOperator(operator)
  }
}

async function main(): Promise<number> {
  step('Starting a control plane (etcd, kube-apiserver, controller-manager, scheduler, kwok); it takes a few seconds')
  const dataDir = await mkdtemp(join(tmpdir(), 'dogwatch-demo-data-'))
  const cluster = await startCluster({ kwok: true, metricsServer: true })
  try {
    const isGood = await show(cluster, dataDir)
    if (isTimed) say(isGood ? '\nA warning and its recovery were seen.' : '\nNOT seen: a warning and its recovery.')
    return isGood ? 0 : 1
  } finally {
    step('Ending: removing the control plane')
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

process.exitCode = await main()
