/**
 * The operator's options: each by flag or by environment variable, the flag winning; all are checked before anything
 * starts. The help, the documentation and the parser read the same table.
 */

import { durationMs } from '../api/duration.ts'
import { defaultSystemNamespace } from '../api/kind.ts'
import { OperatorError } from '../base/errors.ts'
import { type LogLevel, logLevels } from '../base/log.ts'
import type { ListenAddress } from '../http/server.ts'

export interface OperatorOptions {
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  /** Whose resources may select the whole cluster. */
  readonly namespace: string
  /** Set: nothing outside this one namespace is read. */
  readonly watchNamespace: string | undefined
  readonly clusterName: string | undefined
  readonly logLevel: LogLevel
  readonly listen: ListenAddress
  /** The folder that file receivers write to. */
  readonly dataDir: string
  /** Receivers may have addresses of this host, link-local ones and those of the cloud's metadata service. */
  readonly allowLocalReceivers: boolean
  readonly lease: boolean
  readonly leaseDurationMs: number
}

interface OptionDefinition<T> {
  /** As the command line has it; `--no-x` is a switch that is on by default, one without a value is off by default. */
  readonly flags: string
  readonly env: readonly string[]
  readonly description: string
  readonly fallback: string | undefined
  /** Throws with what is wrong and what to write instead. */
  parse(text: string): T
}

type OptionTable = { readonly [Name in keyof OperatorOptions]: OptionDefinition<NonNullable<OperatorOptions[Name]>> }

export const operatorOptions: OptionTable = {
  kubeconfig: {
    flags: '--kubeconfig <file>',
    env: ['DOGWATCH_KUBECONFIG', 'KUBECONFIG'],
    description: "the cluster and the credentials; without it ~/.kube/config or the pod's own account",
    fallback: undefined,
    parse: anyText,
  },
  context: {
    flags: '--context <name>',
    env: ['DOGWATCH_CONTEXT'],
    description: 'the context of the kubeconfig',
    fallback: undefined,
    parse: anyText,
  },
  namespace: {
    flags: '--namespace <name>',
    env: ['DOGWATCH_NAMESPACE', 'POD_NAMESPACE'],
    description:
      'the system namespace: its resources may select the whole cluster, others see their own namespace alone',
    fallback: defaultSystemNamespace,
    parse: namespaceName,
  },
  watchNamespace: {
    flags: '--watch-namespace <name>',
    env: ['DOGWATCH_WATCH_NAMESPACE'],
    description: 'read this one namespace and nothing else, for an install without cluster-wide rights',
    fallback: undefined,
    parse: namespaceName,
  },
  clusterName: {
    flags: '--cluster-name <name>',
    env: ['DOGWATCH_CLUSTER_NAME'],
    description: 'goes into every message',
    fallback: undefined,
    parse: shortText,
  },
  logLevel: {
    flags: '--log-level <level>',
    env: ['DOGWATCH_LOG_LEVEL'],
    description: `one of ${logLevels.join(', ')}; logs are JSON lines on standard error`,
    fallback: 'info',
    parse: logLevel,
  },
  listen: {
    flags: '--listen <host:port>',
    env: ['DOGWATCH_LISTEN'],
    description: 'serves /healthz, /readyz and /metrics',
    fallback: '127.0.0.1:8080',
    parse: listenAddress,
  },
  dataDir: {
    flags: '--data-dir <folder>',
    env: ['DOGWATCH_DATA_DIR'],
    description: 'what the operator keeps; file receivers write below it',
    fallback: './dogwatch-data',
    parse: anyText,
  },
  allowLocalReceivers: {
    flags: '--allow-local-receivers',
    env: ['DOGWATCH_ALLOW_LOCAL_RECEIVERS'],
    description:
      "lets receivers have loopback, link-local and metadata addresses, which otherwise no AlertReceiver's author can reach",
    fallback: 'false',
    parse: onOrOff,
  },
  lease: {
    flags: '--no-lease',
    env: ['DOGWATCH_LEASE'],
    description: 'work without the Lease that keeps a second operator from working at the same time',
    fallback: 'true',
    parse: onOrOff,
  },
  leaseDurationMs: {
    flags: '--lease-duration <duration>',
    env: ['DOGWATCH_LEASE_DURATION'],
    description: 'how long another operator waits after this one fell silent',
    fallback: '15s',
    parse: leaseDuration,
  },
}

/** Raw values by the option's name, as the command line gave them; absent ones are looked up in the environment. */
export type RawOptions = Readonly<Partial<Record<keyof OperatorOptions, string | boolean>>>

/** Throws INVALID_OPTION naming the flag or the variable, its value, and what to write. */
export function resolveOptions(raw: RawOptions, env: Readonly<Record<string, string | undefined>>): OperatorOptions {
  const entries = Object.entries(operatorOptions).map(([name, definition]) => {
    const source = sourceOf(definition, raw[name as keyof OperatorOptions], env)
    return [name, source === undefined ? undefined : parseFrom(definition, source)]
  })
  return Object.fromEntries(entries) as OperatorOptions
}

interface Source {
  readonly from: string
  readonly text: string
}

function sourceOf(
  definition: OptionDefinition<unknown>,
  raw: string | boolean | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Source | undefined {
  // A switch that is on by default arrives as true even when nobody wrote it.
  const isOnByDefault = definition.flags.startsWith('--no-')
  if (raw !== undefined && !(raw === true && isOnByDefault)) return { from: flagOf(definition), text: String(raw) }
  for (const name of definition.env) {
    const text = env[name]
    if (text !== undefined && text !== '') return { from: name, text }
  }
  return definition.fallback === undefined ? undefined : { from: 'the default', text: definition.fallback }
}

function parseFrom(definition: OptionDefinition<unknown>, { from, text }: Source): unknown {
  try {
    return definition.parse(text)
  } catch (cause) {
    throw new OperatorError('INVALID_OPTION', `${from}: "${text}" ${(cause as Error).message}`)
  }
}

function flagOf(definition: OptionDefinition<unknown>): string {
  return definition.flags.split(' ')[0] ?? definition.flags
}

function anyText(text: string): string {
  if (text.trim() === '') throw new Error('is empty; leave the option out instead')
  return text
}

function shortText(text: string): string {
  if (!/^[\w. -]{1,64}$/.test(text))
    throw new Error('is no cluster name; use 1 to 64 letters, digits, spaces, or . _ -')
  return text
}

function namespaceName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) throw new Error('is no name of a namespace')
  return text
}

function logLevel(text: string): LogLevel {
  const found = logLevels.find((level) => level === text)
  if (found === undefined) throw new Error(`is no log level; use one of ${logLevels.join(', ')}`)
  return found
}

function listenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9a-f:]+\]|[^:]*):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) throw new Error('is no address; use host:port, such as 0.0.0.0:8080 or :8080')
  const host = (match[1] ?? '').replaceAll(/[[\]]/g, '')
  return { host: host === '' ? undefined : host, port }
}

function onOrOff(text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new Error('is neither true nor false')
}

function leaseDuration(text: string): number {
  const leaseMs = durationMs(text)
  if (leaseMs < 2_000 || leaseMs > 300_000) throw new Error('is outside 2s to 5m')
  return leaseMs
}
