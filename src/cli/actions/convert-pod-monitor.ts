import { basename } from 'node:path'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { MysqlSettings } from '../../store/mysql/connection-settings.ts'
import type { PodMonitorPeople } from '../../store/mysql/crashes/pod-monitor-people.ts'
import type { Context } from '../context.ts'
import { convertPodMonitor } from '../convert/pod-monitor.ts'
import { podMonitorKeys } from '../convert/pod-monitor-settings.ts'
import { readEnvironment, readYamlSettings, type YamlSettings } from '../convert/yaml-settings.ts'
import type { ConvertOptions } from './convert-kubecapwatch.ts'
import { readInput } from './read-input.ts'
import { writeConversion } from './write-conversion.ts'

export interface ConvertPodMonitorOptions extends ConvertOptions {
  readonly cluster?: string
  readonly envFile?: string
  /** True: the database that the file names. */
  readonly mysql?: string | true
  readonly mysqlPasswordFile?: string
  readonly mysqlTls: MysqlSettings['tls']
  readonly mysqlCaFile?: string
}

export const passwordVariable = 'DOGWATCH_MYSQL_PASSWORD'

export async function convertPodMonitorFile(
  file: string,
  options: ConvertPodMonitorOptions,
  context: Context,
): Promise<void> {
  const name = file === '-' ? 'stdin' : basename(file)
  const settings = await readSettings(file, { name, envFile: options.envFile }, context)
  const cluster = options.cluster ?? settings.find('cluster_name')?.value ?? ''
  const people = options.mysql === undefined ? undefined : await readPeople(settings, { ...options, cluster }, context)
  const conversion = orRefuse(name, () =>
    convertPodMonitor(settings, {
      ...{ namespace: options.namespace, cluster, hasEnvironment: options.envFile !== undefined },
      ...(people === undefined ? {} : { people }),
    }),
  )
  await writeConversion(conversion, { name, program: 'kubernetes-pod-monitor', output: options.output }, context)
}

async function readSettings(
  file: string,
  { name, envFile }: { readonly name: string; readonly envFile: string | undefined },
  context: Context,
): Promise<YamlSettings> {
  const text = await readInput(file, context)
  const environment = readEnvironment(envFile === undefined ? '' : await readInput(envFile, context))
  return orRefuse(name, () => {
    const settings = readYamlSettings(text, environment, podMonitorKeys)
    if (settings.settings.length > 0) return settings
    const advice = 'name the application.yml that kubernetes-pod-monitor runs with'
    throw new OperatorError('INVALID_INPUT', `it holds no setting: ${advice}`)
  })
}

function orRefuse<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new OperatorError('INVALID_INPUT', `${name} cannot be converted:\n${errorText(cause)}`)
  }
}

async function readPeople(
  settings: YamlSettings,
  options: ConvertPodMonitorOptions & { readonly cluster: string },
  context: Context,
): Promise<PodMonitorPeople> {
  if (options.cluster === '') {
    throw new OperatorError('INVALID_OPTION', '--mysql: its tables hold several clusters: name yours with --cluster')
  }
  const url = await urlOf(settings, options, context)
  const { readPodMonitorPeople } = await import('../../store/mysql/crashes/pod-monitor-people.ts')
  const { mysqlTls: tls, mysqlCaFile: caFile } = options
  const where = { url: () => url, tls, flags: '--mysql', ...(caFile === undefined ? {} : { caFile }) }
  return readPodMonitorPeople(where, options.cluster)
}

/** With the password, which is taken from where it is found first: the url, the file for it, the variable, the settings. */
async function urlOf(
  settings: YamlSettings,
  { mysql, mysqlPasswordFile }: ConvertPodMonitorOptions,
  context: Context,
): Promise<string> {
  const text = mysql === true || mysql === undefined ? urlOfSettings(settings) : mysql
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.password !== '') return text
  const fromFile = mysqlPasswordFile === undefined ? undefined : await readInput(mysqlPasswordFile, context)
  const password = fromFile?.trim() ?? context.env[passwordVariable] ?? settings.find('sql.password')?.value ?? ''
  url.password = encodeURIComponent(password)
  return url.href
}

function urlOfSettings(settings: YamlSettings): string {
  const of = (key: string, standard: string) => settings.find(`sql.${key}`)?.value ?? standard
  const [user, database] = [of('username', ''), of('dbname', 'kubernetes_pod_monitor')].map(encodeURIComponent)
  return `mysql://${user}@${of('host', '127.0.0.1')}:${of('port', '3306')}/${database}`
}
