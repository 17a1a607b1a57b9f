/** Every setting of kubernetes-pod-monitor, and what becomes of it: one line of the table each. */
import type { OperatorFlag, SettingFate } from './conversion.ts'
import {
  asciiJson,
  dashboardUrl,
  elasticsearchUrl,
  indexPrefix,
  isTrue,
  logBytes,
  slackChannelOf,
  wholeNumber,
} from './pod-monitor-values.ts'
import type { YamlSetting, YamlSettings } from './yaml-settings.ts'

type Told = Pick<SettingFate, 'fate' | 'text' | 'difference'>
type Fates = Readonly<Record<string, (setting: YamlSetting) => Told>>

const converted = (text: string, difference?: string): Told => ({
  ...{ fate: 'converted', text },
  ...(difference === undefined ? {} : { difference }),
})
const dropped = (text: string) => (): Told => ({ fate: 'dropped', text })

const kept = 'crashes wait in the notification log until the history has them, and go there many at a time'
const connection = 'the file of --crash-history-url-file, where crashes are kept in this database'
const elastic = '--elasticsearch-url, where crashes are kept in Elasticsearch'

const fates: Fates = {
  deploy_env: dropped('the cluster is that of --kubeconfig, else that of the pod; requests are not signed for AWS'),
  cluster_name: ({ value }) =>
    isClusterName(value) ? converted('--cluster-name') : dropped('it is no name that --cluster-name takes')(),
  'server.port': dropped(
    'the Deployment has its own; /healthz and /readyz take the place of /health, and need neither database',
  ),
  'log.level': () => converted('--log-level'),
  'aws.region': dropped(
    'requests to Elasticsearch are not signed for AWS: they carry a user and password, or an API key',
  ),
  'elasticsearch.url': () => converted(elastic),
  'elasticsearch.scheme': () => converted(elastic),
  'elasticsearch.port': () => converted(elastic),
  'elasticsearch.dashboard': ({ value }) =>
    dashboardUrl(value) === undefined
      ? dropped('it is no http or https address')()
      : converted('spec.dashboardURL', 'it can name the namespace and more: see {{namespace}} in the reference'),
  'elasticsearch.index': ({ value }) =>
    indexPrefix(value) === undefined
      ? dropped('no index has a name that begins so')()
      : converted('--elasticsearch-index-prefix, where crashes are kept in Elasticsearch'),
  'elasticsearch.buffer_size': dropped(kept),
  'elasticsearch.batch_size': dropped(kept),
  'elasticsearch.flush_seconds': dropped(kept),
  'elasticsearch.doc_type': dropped('Elasticsearch has no types any more'),
  'elasticsearch.v7': dropped('Elasticsearch has no types any more'),
  check_interval: dropped('pods are watched: a crash is seen when it happens'),
  max_retries: dropped('an alert whose log cannot be had goes out without it, and says so'),
  max_parallelism: dropped('logs are read a few at a time, each with a deadline'),
  'sql.connection_lifetime': dropped('connections are few, and closed when they are idle'),
  'sql.host': () => converted(connection),
  'sql.port': () => converted(connection),
  'sql.username': () => converted(connection),
  'sql.password': () => converted(connection, 'store it there yourself: it is not in the output'),
  'sql.dbname': () => converted(connection),
  'sql.table_name': tableFate,
  max_crashlog_length: lengthFate,
  'slack.token': () =>
    converted('Secret pod-monitor, key token: store it with the command below; it is not in the manifests'),
  'slack.channel': channelFate,
  'slack.notify': (setting) =>
    isTrue(setting) ? converted('spec.receivers') : converted('spec.ignore: nothing is told, everything is kept'),
}

export const podMonitorKeys: readonly string[] = Object.keys(fates)

export function fatesOf({ settings }: YamlSettings): SettingFate[] {
  return settings.map((setting) => {
    const name = /^[\w.-]{1,100}$/.test(setting.name) ? setting.name : asciiJson(setting.name)
    const key = setting.variable === undefined ? name : `${name} (${setting.variable})`
    const told = Object.hasOwn(fates, setting.key) ? fates[setting.key] : undefined
    const unknown: Told = { fate: 'unknown', text: 'kubernetes-pod-monitor has no such setting' }
    return { key, ...(told?.(setting) ?? unknown) }
  })
}

const monitorTable = 'k8s_crash_monitor'

function tableFate({ value }: YamlSetting): Told {
  const isUsual = value.trim() === monitorTable
  const difference = `the table is called ${monitorTable}: make a view of that name on yours, and it is read and written`
  return converted(
    "kubernetes-pod-monitor's own tables, kept beside the crash history in this database",
    isUsual ? undefined : difference,
  )
}

function lengthFate({ value }: YamlSetting): Told {
  const bytes = logBytes(value)
  const moved = bytes === wholeNumber(value) ? [] : [`${bytes} bytes, the nearest that a route can have`]
  return converted('spec.logs.maxBytes', [...moved, 'a log has at most 5000 lines besides, and is redacted'].join('; '))
}

function channelFate({ value }: YamlSetting): Told {
  const text = 'spec.slack.channel of the AlertReceiver'
  return converted(text, slackChannelOf(value) === undefined ? 'it is no channel: write one in its place' : undefined)
}

function isClusterName(value: string): boolean {
  return /^[\w. -]{1,64}$/.test(value)
}

const logLevels: Readonly<Record<string, string>> = { DEBUG: 'debug', INFO: 'info' }

/** Flags of the operator. Where crashes are kept is for people to choose: both ways are shown. */
export function operatorFlagsOf(settings: YamlSettings, cluster: string): OperatorFlag[] {
  const level = settings.find('log.level')?.value
  return [
    ...(isClusterName(cluster) ? [{ flag: `"--cluster-name=${cluster}"`, meaning: 'goes into every message' }] : []),
    ...(level === undefined ? [] : [{ flag: `--log-level=${logLevels[level] ?? 'error'}`, meaning: 'as before' }]),
    ...elasticsearchFlags(settings),
    ...databaseFlags(settings),
  ]
}

function elasticsearchFlags(settings: YamlSettings): OperatorFlag[] {
  const url = elasticsearchUrl(settings)
  if (url === undefined) return []
  const prefix = indexPrefix(settings.find('elasticsearch.index')?.value ?? '')
  return [
    {
      flag: '--crash-history=elasticsearch',
      meaning: 'crashes go on into its indices; its dashboards go on, see docs/crash-history.md for better ones',
    },
    {
      flag: `--elasticsearch-url=${url}`,
      meaning: 'with --elasticsearch-user and a file for the password, or an API key',
    },
    ...(prefix === undefined ? [] : [{ flag: `--elasticsearch-index-prefix=${prefix}`, meaning: 'as before' }]),
  ]
}

function databaseFlags(settings: YamlSettings): OperatorFlag[] {
  if (settings.find('sql.host') === undefined) return []
  return [
    {
      flag: '--crash-history=mysql --crash-history-pod-monitor-tables',
      meaning: 'instead, where somebody reads its tables: they are kept as before, and what it told is not told again',
    },
    {
      flag: '--crash-history-url-file=FILE',
      meaning: 'a mounted Secret with mysql://user:password@host:3306/database',
    },
  ]
}
