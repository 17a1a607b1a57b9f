/**
 * The operator's options: each by flag or by environment variable, the flag winning; all are checked before anything
 * starts. The help, the documentation and the parser read the same table.
 */

import { defaultSystemNamespace } from '../api/kind.ts'
import { OperatorError } from '../base/errors.ts'
import { type LogLevel, logLevels } from '../base/log.ts'
import type { ListenAddress } from '../http/listen.ts'
import {
  checkIndexPrefix,
  defaultIndexPrefix,
  parseElasticsearchUrls,
} from '../store/elasticsearch/connection-settings.ts'
import { type CrashHistoryEngine, crashHistoryEngines } from '../store/open-crash-history.ts'
import { requirePodMonitorCluster, requireSharedStore, requireStoreUrl } from './option-rules.ts'
import {
  anyText,
  historyAge,
  historyBytes,
  leaseDuration,
  listenAddress,
  logLevel,
  mysqlUrl,
  namespaceName,
  oneOf,
  onOrOff,
  replicaCount,
  shortText,
} from './option-values.ts'

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
  /** Undefined: there is no API. */
  readonly apiListen: ListenAddress | undefined
  readonly apiCertificate: string | undefined
  readonly apiKey: string | undefined
  readonly serviceGet: boolean
  /** The folder of the embedded store; file receivers write below it too. */
  readonly dataDir: string
  /** Receivers may have addresses of this host, link-local ones and those of the cloud's metadata service. */
  readonly allowLocalReceivers: boolean
  readonly store: StoreEngine
  readonly storeUrlFile: string | undefined
  /** Holds a password. */
  readonly storeUrl: string | undefined
  readonly storeTls: StoreTls
  readonly storeCaFile: string | undefined
  /** Without credentials; several of one cluster. */
  readonly elasticsearchUrl: readonly string[] | undefined
  readonly elasticsearchUser: string | undefined
  readonly elasticsearchPasswordFile: string | undefined
  readonly elasticsearchApiKeyFile: string | undefined
  readonly elasticsearchCaFile: string | undefined
  readonly elasticsearchIndexPrefix: string
  readonly historyMaxAgeMs: number
  readonly historyMaxBytes: number
  /** Undefined: the engine of `store`. */
  readonly crashHistory: CrashHistoryEngine | undefined
  /** Of its own database; absent: that of the store. */
  readonly crashHistoryUrlFile: string | undefined
  readonly crashHistoryPodMonitorTables: boolean
  readonly crashHistoryMaxAgeMs: number
  readonly crashHistoryMaxBytes: number
  readonly lease: boolean
  readonly leaseDurationMs: number
  /** How many processes share the work, this one included. */
  readonly replicas: number
}

const storeEngines = ['sqlite', 'mysql'] as const
export type StoreEngine = (typeof storeEngines)[number]
const storeTlsModes = ['verify', 'off'] as const
export type StoreTls = (typeof storeTlsModes)[number]

interface OptionDefinition<T> {
  /**
   * As the command line has it; `--no-x` is a switch that is on by default, one without a value is off by default. Absent: a
   * secret, which the list of processes must not show.
   */
  readonly flags: string | undefined
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
  apiListen: {
    flags: '--api-listen <host:port>',
    env: ['DOGWATCH_API_LISTEN'],
    description: 'serves the API over TLS; without it there is none',
    fallback: undefined,
    parse: listenAddress,
  },
  apiCertificate: {
    flags: '--api-certificate <file>',
    env: ['DOGWATCH_API_CERTIFICATE'],
    description: "the API's certificate (PEM), read again as it changes; without it one is made and signed by itself",
    fallback: undefined,
    parse: anyText,
  },
  apiKey: {
    flags: '--api-key <file>',
    env: ['DOGWATCH_API_KEY'],
    description: "the certificate's private key (PEM)",
    fallback: undefined,
    parse: anyText,
  },
  serviceGet: {
    flags: '--service-get',
    env: ['DOGWATCH_SERVICE_GET'],
    description: '/service/start and /service/stop take GET as well as POST, for clients that know no better',
    fallback: 'false',
    parse: onOrOff,
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
  store: {
    flags: '--store <engine>',
    env: ['DOGWATCH_STORE'],
    description:
      'where the notification log is: sqlite, a file below the data folder; or mysql, a MySQL or MariaDB database',
    fallback: 'sqlite',
    parse: oneOf(storeEngines),
  },
  storeUrlFile: {
    flags: '--store-url-file <file>',
    env: ['DOGWATCH_STORE_URL_FILE'],
    description:
      'the file that holds mysql://user:password@host:3306/database, read again when the password is refused',
    fallback: undefined,
    parse: anyText,
  },
  storeUrl: {
    flags: undefined,
    env: ['DOGWATCH_STORE_URL'],
    description: 'the same url; a file is better, as it can change while the operator runs',
    fallback: undefined,
    parse: mysqlUrl,
  },
  storeTls: {
    flags: '--store-tls <mode>',
    env: ['DOGWATCH_STORE_TLS'],
    description: 'verify: the way to MySQL is encrypted, the certificate and its name are checked; off: neither',
    fallback: 'verify',
    parse: oneOf(storeTlsModes),
  },
  storeCaFile: {
    flags: '--store-ca-file <file>',
    env: ['DOGWATCH_STORE_CA_FILE'],
    description: "the authorities (PEM) that MySQL's certificate may come from; without it those that Node knows",
    fallback: undefined,
    parse: anyText,
  },
  elasticsearchUrl: {
    flags: '--elasticsearch-url <url>',
    env: ['DOGWATCH_ELASTICSEARCH_URL'],
    description:
      'where crashes are kept with --crash-history elasticsearch: https://host:9200, without credentials; several of one cluster with commas',
    fallback: undefined,
    parse: parseElasticsearchUrls,
  },
  elasticsearchUser: {
    flags: '--elasticsearch-user <name>',
    env: ['DOGWATCH_ELASTICSEARCH_USER'],
    description: 'whose password is in --elasticsearch-password-file',
    fallback: undefined,
    parse: anyText,
  },
  elasticsearchPasswordFile: {
    flags: '--elasticsearch-password-file <file>',
    env: ['DOGWATCH_ELASTICSEARCH_PASSWORD_FILE'],
    description: 'the file that holds the password, read again when it is refused',
    fallback: undefined,
    parse: anyText,
  },
  elasticsearchApiKeyFile: {
    flags: '--elasticsearch-api-key-file <file>',
    env: ['DOGWATCH_ELASTICSEARCH_API_KEY_FILE'],
    description: 'the file that holds an API key, encoded as Elasticsearch gives it, instead of user and password',
    fallback: undefined,
    parse: anyText,
  },
  elasticsearchCaFile: {
    flags: '--elasticsearch-ca-file <file>',
    env: ['DOGWATCH_ELASTICSEARCH_CA_FILE'],
    description:
      "the authorities (PEM) that Elasticsearch's certificate may come from; without it those that Node knows",
    fallback: undefined,
    parse: anyText,
  },
  elasticsearchIndexPrefix: {
    flags: '--elasticsearch-index-prefix <prefix>',
    env: ['DOGWATCH_ELASTICSEARCH_INDEX_PREFIX'],
    description: "what the names of the daily indices begin with; after it comes the day's date in UTC",
    fallback: defaultIndexPrefix,
    parse: checkIndexPrefix,
  },
  historyMaxAgeMs: {
    flags: '--history-max-age <duration>',
    env: ['DOGWATCH_HISTORY_MAX_AGE'],
    description: 'how long ended alerts and their deliveries are kept, such as 30d or 12h',
    fallback: '30d',
    parse: historyAge,
  },
  historyMaxBytes: {
    flags: '--history-max-bytes <size>',
    env: ['DOGWATCH_HISTORY_MAX_BYTES'],
    description:
      'the oldest of them go earlier where the log is larger than this; keep it well below the size of the volume',
    fallback: '512Mi',
    parse: historyBytes,
  },
  crashHistory: {
    flags: '--crash-history <engine>',
    env: ['DOGWATCH_CRASH_HISTORY'],
    description:
      'where crashes and their logs are kept: sqlite, a file below the data folder; elasticsearch; or mysql, the database of the notification log. Without it, where that log is',
    fallback: undefined,
    parse: oneOf(crashHistoryEngines),
  },
  crashHistoryUrlFile: {
    flags: '--crash-history-url-file <file>',
    env: ['DOGWATCH_CRASH_HISTORY_URL_FILE'],
    description:
      'for --crash-history mysql in another database than that of --store-url-file: the file that holds its url',
    fallback: undefined,
    parse: anyText,
  },
  crashHistoryPodMonitorTables: {
    flags: '--crash-history-pod-monitor-tables',
    env: ['DOGWATCH_CRASH_HISTORY_POD_MONITOR_TABLES'],
    description: 'with --crash-history mysql: the tables of kubernetes-pod-monitor are kept in the same database',
    fallback: 'false',
    parse: onOrOff,
  },
  crashHistoryMaxAgeMs: {
    flags: '--crash-history-max-age <duration>',
    env: ['DOGWATCH_CRASH_HISTORY_MAX_AGE'],
    description: 'how long crashes are kept, such as 90d or 12h',
    fallback: '90d',
    parse: historyAge,
  },
  crashHistoryMaxBytes: {
    flags: '--crash-history-max-bytes <size>',
    env: ['DOGWATCH_CRASH_HISTORY_MAX_BYTES'],
    description: 'the oldest crashes go earlier where their history is larger than this',
    fallback: '256Mi',
    parse: historyBytes,
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
  replicas: {
    flags: '--replicas <count>',
    env: ['DOGWATCH_REPLICAS'],
    description:
      'how many operators there are; more than one need --store mysql: one tells, the others stand by and are ready',
    fallback: '1',
    parse: replicaCount,
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
  const options = Object.fromEntries(entries) as OperatorOptions
  requireStoreUrl(options)
  requireSharedStore(options)
  requirePodMonitorCluster(options)
  return options
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
  const isOnByDefault = flagOf(definition).startsWith('--no-')
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
    const shown = definition.flags === undefined ? '' : `"${text}" `
    throw new OperatorError('INVALID_OPTION', `${from}: ${shown}${(cause as Error).message}`)
  }
}

function flagOf(definition: OptionDefinition<unknown>): string {
  return definition.flags?.split(' ')[0] ?? ''
}
