/**
 * Runs every check and every test: `node hack/test/run.ts [unit|integration|e2e ...] [--full] [--width N]`.
 *
 * The unit tests share one process. Each file of test/integration and test/e2e has its own, so that one that crashes takes
 * no other with it; two run at a time (`--width`), because most of them wait more than they compute. The last line is `N
 * passed, N failed, N skipped`; the exit code says whether anything failed. In the short run a file that failed is looked at once more.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeReliability } from '../faults/reliability.ts'
import { endRunningJobs, runJob } from './job.ts'
import { type PlannedJob, planJobs, type Stage, stageNames } from './plan.ts'
import { reportLines } from './report.ts'
import { lookAgain } from './second-look.ts'
import { runInTurns } from './turns.ts'

const root = join(import.meta.dirname, '../..')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { full: { type: 'boolean', default: false }, width: { type: 'string', default: '2' } },
})

function chosenStages(): readonly Stage[] {
  const unknown = positionals.find((name) => !stageNames.some((stage) => stage === name))
  if (unknown !== undefined) throw new Error(`There is no stage ${unknown}; there are ${stageNames.join(', ')}`)
  return positionals.length === 0 ? stageNames : (positionals as Stage[])
}

const env = {
  ...process.env,
  DOGWATCH_TEST: values.full ? 'full' : 'short',
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endRunningJobs()
    process.exit(1)
  })
}

const recordFolder = await mkdtemp(join(tmpdir(), 'dogwatch-faults-'))

/** Each file of fault tests leaves its records by itself, so that the page has them in the files' order. */
function envOf(job: PlannedJob): NodeJS.ProcessEnv {
  if (!values.full) return env
  return { ...env, DOGWATCH_FAULT_RECORDS: join(recordFolder, encodeURIComponent(job.name)) }
}

async function writeFaultPage(): Promise<void> {
  const files = (await readdir(recordFolder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(recordFolder, file), 'utf8')))
  await writeFile(join(recordFolder, 'all'), texts.join(''))
  if (files.length > 0) writeReliability(join(recordFolder, 'all'))
}

const jobs = await planJobs(chosenStages())
const run = (job: PlannedJob) => runJob(job, envOf(job))
const first = await runInTurns(jobs, Number(values.width), run)
const results = values.full ? first : await lookAgain(jobs, first, run)
if (values.full) await writeFaultPage()
await rm(recordFolder, { recursive: true })
console.log(`\n${reportLines(results).join('\n')}`)
process.exitCode = results.every(({ failed }) => failed === 0) ? 0 : 1
