/** Whether a route would tell an open incident, were it new: where it would not, it is not told again. */
import type { CrashCluster } from './crash-cluster.ts'
import type { CrashNamespace } from './crash-namespace.ts'
import type { Incident } from './incident.ts'
import type { RememberedIncident } from './remembered-incident.ts'
import { matchRoute } from './route-match.ts'
import type { WatchedCrashRoute } from './watched-route.ts'
import { workloadOfJob } from './workload.ts'

export interface StillToldSurroundings {
  readonly namespace: CrashNamespace
  readonly cluster: Pick<CrashCluster, 'pod' | 'podsOf' | 'allJobs'>
}

/** One of its reasons is enough. A loop is of crashes: it has the exit code of the last one. */
export function isStillTold(
  route: WatchedCrashRoute,
  { incident, crash }: RememberedIncident,
  { namespace, cluster }: StillToldSurroundings,
): boolean {
  const { workload, container, reasons, last } = incident
  const subject = {
    ...{ namespace, name: last.podName ?? last.jobName ?? workload.name, container, exitCode: crash?.record.exitCode },
    isOptedOut: route.spec.optOut && isOptedOut(incident, cluster),
  }
  return reasons.some((reason) => matchRoute(route, { ...subject, reason }).verdict === 'Routed')
}

/** The pod that crashed last has the word; where it is gone, all that are there. */
function isOptedOut(
  { namespace, workload, last: { podName } }: Incident,
  cluster: StillToldSurroundings['cluster'],
): boolean {
  const crashed = podName === undefined ? undefined : cluster.pod({ namespace, name: podName })
  if (crashed !== undefined) return crashed.isOptedOut
  const jobs = [...cluster.allJobs()].filter((job) => {
    const { kind, name } = workloadOfJob(job)
    return job.namespace === namespace && kind === workload.kind && name === workload.name
  })
  const all = [...cluster.podsOf({ namespace, workload }), ...jobs]
  return all.length > 0 && all.every((one) => one.isOptedOut)
}
