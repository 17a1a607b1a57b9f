/** Which crashes: the same options wherever crashes are listed, searched or counted. */
import { type Command as Commander, InvalidArgumentError } from 'commander'
import { type CrashReason, crashReasonNames } from '../../model/crash.ts'
import { addNamespaceOptions, type NamespaceOptions } from './namespace.ts'

export interface CrashFilterOptions extends NamespaceOptions {
  readonly since?: string
  readonly until?: string
  readonly reason?: readonly CrashReason[]
  readonly workload?: string
  readonly pod?: string
  readonly container?: string
  readonly node?: string
}

/** `since`: what is meant where the person says nothing. */
export function addCrashFilters(command: Commander, since?: string): Commander {
  return addNamespaceOptions(command.optionsGroup('Which crashes:'))
    .option('--since <time>', 'not before: 24h or 7d ago, 22:00, "2026-12-01 22:00", or RFC 3339', since)
    .option('--until <time>', 'before, as --since')
    .option('--reason <reason>', 'of this reason, such as OOMKilled; can be repeated', collectReason)
    .option('--workload <name>', 'of this workload: its name, or kind/name, such as deploy/api', parseWorkload)
    .option('--pod <name>', 'of this pod')
    .option('--container <name>', 'of this container')
    .option('--node <name>', 'on this node')
}

function collectReason(text: string, earlier: readonly CrashReason[] = []): CrashReason[] {
  const reason = crashReasonNames.find((name) => name.toLowerCase() === text.toLowerCase())
  if (reason === undefined) throw new InvalidArgumentError(`Write one of ${crashReasonNames.join(', ')}.`)
  return [...earlier, reason]
}

/** As kubectl abbreviates them. */
const kindBySynonym: Readonly<Record<string, string>> = {
  ...{ deploy: 'Deployment', deployments: 'Deployment', sts: 'StatefulSet', statefulsets: 'StatefulSet' },
  ...{ ds: 'DaemonSet', daemonsets: 'DaemonSet', rs: 'ReplicaSet', replicasets: 'ReplicaSet', jobs: 'Job' },
  ...{ cj: 'CronJob', cronjobs: 'CronJob', po: 'Pod', pods: 'Pod' },
}

function parseWorkload(text: string): string {
  const [first = '', second, ...rest] = text.split('/')
  if (rest.length > 0 || first === '' || second === '') throw new InvalidArgumentError('Write name or kind/name.')
  return second === undefined ? first : `${kindBySynonym[first.toLowerCase()] ?? first}/${second}`
}
