import { join } from 'node:path'
import { memoryOf, type Phase, PhasedProgram } from '../measure.ts'
import { shippedEnvironment } from '../programs.ts'
import type { BenchContext } from '../work.ts'
import { type AlertmanagerPlan, type PipelinePlan, planArgument } from './plans.ts'
import { readPutTimes } from './put-times.ts'

const alertmanagerFeed = new URL('../consumers/alertmanager-feed.ts', import.meta.url).pathname

export interface PipelineRun {
  /** When all alerts had been handed over. */
  readonly put: Phase
  /** When the log and every healthy receiver had all of them. */
  readonly told: Phase
  readonly putNs: readonly bigint[]
  /** The highest resident memory until then. */
  readonly peakBytes: number
  readonly rssBytes: number
}

let runs = 0

/** Runs the pipeline, bundled as it ships, in a process and with a log of its own. */
export async function runPipeline(
  { programs, folder }: BenchContext,
  plan: Omit<PipelinePlan, 'dataFolder' | 'timesFile'>,
): Promise<PipelineRun> {
  runs += 1
  const dataFolder = join(folder, `notify-${runs}`)
  const timesFile = join(folder, `notify-${runs}.times`)
  const argument = planArgument<PipelinePlan>({ ...plan, dataFolder, timesFile })
  const program = new PhasedProgram([programs.pipeline, ...argument], shippedEnvironment)
  try {
    await program.next('ready')
    program.tell('start')
    const put = await program.next('put')
    const told = await program.next('told')
    const memory = memoryOf(program.pid)
    if (told.troubles !== 0) throw new Error('the notification log could not be written, or not in time')
    await program.next('saved')
    return { put, told, putNs: readPutTimes(timesFile), ...memory }
  } finally {
    await program.stop()
  }
}

/** Gives when each alert was handed over. */
export async function feedAlertmanager(
  { folder }: BenchContext,
  plan: Omit<AlertmanagerPlan, 'timesFile'>,
): Promise<bigint[]> {
  runs += 1
  const timesFile = join(folder, `notify-${runs}.times`)
  const argument = planArgument<AlertmanagerPlan>({ ...plan, timesFile })
  const program = new PhasedProgram([process.execPath, alertmanagerFeed, ...argument])
  try {
    await program.next('ready')
    program.tell('start')
    await program.next('put')
    await program.next('saved')
    return readPutTimes(timesFile)
  } finally {
    await program.stop()
  }
}
