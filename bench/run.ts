/**
 * `make bench`: Dogwatch and what it is compared with, side by side in one run. Prints a table and writes
 * bench/results/latest.json; a full run also writes docs/performance.md.
 *
 *   QUICK=1      a smaller cluster and fewer repetitions, under three minutes once everything is built
 *   ONLY=a,b     some works only; the documents stay as they are
 *
 * The exit code is 1 when something could not be measured. A bar that is not met is said, and is no failure: this machine
 * may have been busy.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster } from '../hack/testbed/cluster.ts'
import { killPrograms } from './children.ts'
import { bigClusterName, ensureBigCluster } from './cluster/big-cluster.ts'
import { readEnvironment } from './environment.ts'
import { installKinds } from './kinds.ts'
import { buildPrograms } from './programs.ts'
import { type Report, renderMarkdown, renderText, type WorkReport } from './report.ts'
import type { BenchContext, BigCluster, Work } from './work.ts'
import { works } from './works.ts'

const root = new URL('..', import.meta.url).pathname
const isQuick = (process.env.QUICK ?? '') !== '' && process.env.QUICK !== '0'
const only = process.env.ONLY?.split(',')
const size = isQuick ? { nodes: 1_000, pods: 10_000 } : { nodes: 5_000, pods: 50_000 }
const startedMs = performance.now()

const seconds = (): number => (performance.now() - startedMs) / 1000
const say = (line: string): void => console.error(`[${seconds().toFixed(0).padStart(4)} s] ${line}`)

async function startBigCluster(): Promise<BigCluster> {
  const first = 'first time about 5 min, then under 1'
  say(`Starting the cluster of ${size.nodes} nodes and ${size.pods} pods (${first})`)
  const cluster = await startCluster({ snapshot: await ensureBigCluster(size) })
  await installKinds(cluster)
  return { size, cluster }
}

async function createContext(folder: string): Promise<BenchContext> {
  const programs = await buildPrograms(folder, say)
  let running: Promise<BigCluster> | undefined
  return {
    ...{ isQuick, say, programs, size, folder },
    clusterName: bigClusterName(size),
    bigCluster: () => {
      running ??= startBigCluster()
      return running
    },
    stopBigCluster: async () => {
      const started = running
      running = undefined
      await (await started)?.cluster.stop()
    },
  }
}

type Outcome = { readonly report: WorkReport } | { readonly failure: Report['failures'][number] }

async function runWork(work: Work, context: BenchContext): Promise<Outcome> {
  say(work.title)
  try {
    return { report: { name: work.name, title: work.title, ...(await work.run(context)) } }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    say(`not measured: ${reason}`)
    return { failure: { title: work.title, reason } }
  }
}

async function runAll(folder: string): Promise<Report> {
  const context = await createContext(folder)
  const environment = readEnvironment(context.programs, size, isQuick)
  const outcomes: Outcome[] = []
  try {
    const wanted = works.filter(({ name }) => only === undefined || only.includes(name))
    for (const work of wanted) outcomes.push(await runWork(work, context))
  } finally {
    await context.stopBigCluster()
  }
  return {
    environment,
    seconds: seconds(),
    works: outcomes.flatMap((outcome) => ('report' in outcome ? [outcome.report] : [])),
    failures: outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : [])),
  }
}

function writeResults(report: Report): void {
  mkdirSync(join(root, 'bench/results'), { recursive: true })
  writeFileSync(join(root, 'bench/results/latest.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  if (isQuick || only !== undefined) say('docs/performance.md keeps the figures of the last full run')
  else writeFileSync(join(root, 'docs/performance.md'), renderMarkdown(report))
}

const folder = await mkdtemp(join(tmpdir(), 'dogwatch-bench.'))
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => end(code))

/** The parts of a cluster end with this process. */
function end(code: number): void {
  killPrograms()
  rmSync(folder, { recursive: true, force: true })
  process.exit(code)
}

try {
  const report = await runAll(folder)
  writeResults(report)
  console.log(`\n${renderText(report)}`)
  process.exitCode = report.failures.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
