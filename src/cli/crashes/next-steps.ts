/** What to do about a crash: the command that shows most first. */
import type { CrashView } from '../../api/http/crash-views.ts'
import type { CrashReason } from '../../model/crash.ts'

/** Names come from strangers: what is no name of Kubernetes is in no command that somebody may copy. */
const namePattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

type Step = readonly string[]

const ofNode: readonly CrashReason[] = ['NodeLost', 'Evicted']
const ofMemory: readonly CrashReason[] = ['OOMKilled', 'Evicted']

export function nextSteps(crash: CrashView, programName: string, shortId: string): string[] {
  const { namespace, pod, container, node, reason, hasLog, workload, finishedAt } = crash
  const inNamespace = ['-n', namespace]
  const steps: Step[] = [
    ...(hasLog ? [[programName, 'crashes', 'logs', shortId]] : []),
    ...(node !== undefined && ofNode.includes(reason) ? [['kubectl', 'describe', 'node', node]] : []),
    pod === undefined
      ? ['kubectl', ...inNamespace, 'describe', workload.kind.toLowerCase(), workload.name]
      : ['kubectl', ...inNamespace, 'describe', 'pod', pod.name],
    ...(hasLog || finishedAt === undefined || pod === undefined || container === undefined
      ? []
      : [['kubectl', ...inNamespace, 'logs', pod.name, '-c', container.name, '--previous']]),
    ...(ofMemory.includes(reason)
      ? [[programName, 'capacity', 'pods', ...inNamespace, '-u', '--sort', 'memory.usage']]
      : []),
    ...(reason === 'Unschedulable' ? [[programName, 'capacity', '-a']] : []),
    [programName, 'crashes', 'list', ...inNamespace, '--workload', `${workload.kind.toLowerCase()}/${workload.name}`],
  ]
  return steps.filter(isSafe).map((step) => step.join(' '))
}

/** The program's own words are `dogwatch` or `kubectl dogwatch`. */
function isSafe([_program, ...words]: Step): boolean {
  return words.every((word) => word.startsWith('-') || word.split('/').every((part) => namePattern.test(part)))
}
