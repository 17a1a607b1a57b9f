/**
 * A file that failed beside another is run once more by itself: the real parts share two cores, and what a busy machine broke is told
 * from what is broken. Nothing is hidden: what failed at first is told at the end of the run, as unstable.
 */
import type { PlannedJob } from './plan.ts'
import type { JobResult } from './result.ts'

/** Where more failed, it was not the machine. */
const mostFiles = 3

export async function lookAgain(
  jobs: readonly PlannedJob[],
  results: readonly JobResult[],
  run: (job: PlannedJob) => Promise<JobResult>,
): Promise<JobResult[]> {
  const failed = results.filter((result) => result.failed > 0)
  const canLook = failed.length <= mostFiles && failed.every(({ name }) => isOfRealParts(name))
  const looked = new Map<string, JobResult>()
  for (const { name, failures } of canLook ? failed : []) {
    const again = await run(jobs.find((job) => job.name === name)!)
    if (again.failed === 0) looked.set(name, { ...again, unstable: failures })
  }
  return results.map((result) => looked.get(result.name) ?? result)
}

/** Checks and unit tests have no machine to blame. */
function isOfRealParts(name: string): boolean {
  return name.startsWith('test/integration/') || name.startsWith('test/e2e/')
}
