/**
 * kubernetes-pod-monitor's application.yml, and what people wrote into its database, as custom resources. A setting is converted to
 * what it is documented to do; where kubernetes-pod-monitor did something else, the difference is told.
 */
import { apiGroup, apiVersion } from '../../api/kind.ts'
import { OperatorError } from '../../base/errors.ts'
import type { NewObject } from '../../kube/writer.ts'
import type { PodMonitorPeople } from '../../store/mysql/crashes/pod-monitor-people.ts'
import type { Conversion, Converted } from './conversion.ts'
import { convertPeople } from './pod-monitor-people.ts'
import { fatesOf, operatorFlagsOf } from './pod-monitor-settings.ts'
import { asciiJson, dashboardUrl, defaultChannel, isTrue, logBytes, slackChannelOf } from './pod-monitor-values.ts'
import type { YamlSettings } from './yaml-settings.ts'

export interface PodMonitorOptions {
  /** Where the resources go: the operator's own namespace, for pods everywhere are watched. */
  readonly namespace: string
  /** As `CLUSTER_NAME` and the tables call it. */
  readonly cluster: string
  /** What the database holds; absent: it was not asked. */
  readonly people?: PodMonitorPeople
  /** Whether variables were given beside the file. */
  readonly hasEnvironment: boolean
}

export const podMonitorName = 'pod-monitor'

/** Throws INVALID_INPUT with every setting that nothing can be made of. */
export function convertPodMonitor(settings: YamlSettings, options: PodMonitorOptions): Conversion {
  const { namespace, people } = options
  const receiver = convertReceiver(settings)
  const told = people === undefined ? undefined : convertPeople(people, podMonitorName)
  const isTelling = isTrue(settings.find('slack.notify'))
  const spec = {
    ...logsOf(settings),
    ...dashboardOf(settings),
    ...ignoresOf(isTelling, told?.value.ignore ?? []),
    ...(told === undefined || told.value.routes.length === 0 ? {} : { routes: told.value.routes }),
    receivers: [{ name: podMonitorName }],
  }
  return {
    manifests: [
      manifest('CrashAlertRoute', { namespace, spec }),
      manifest('AlertReceiver', { namespace, spec: receiver.value }),
    ],
    settings: [...fatesOf(settings), ...(told?.settings ?? [])],
    secrets: [
      { namespace, name: podMonitorName, key: 'token', meaning: 'bot token xoxb-..., with the scope chat:write' },
    ],
    advice: [...(receiver.advice ?? []), ...(told?.advice ?? []), ...adviceOf(options, isTelling)],
    operatorFlags: operatorFlagsOf(settings, options.cluster),
  }
}

function manifest(kind: string, { namespace, spec }: { namespace: string; spec: object }): NewObject {
  return { apiVersion: `${apiGroup}/${apiVersion}`, kind, metadata: { name: podMonitorName, namespace }, spec }
}

function convertReceiver(settings: YamlSettings): Converted<object> {
  const written = settings.find('slack.channel')
  const channel = slackChannelOf(written?.value ?? defaultChannel)
  const slack = { tokenSecretRef: { name: podMonitorName, key: 'token' }, channel: channel ?? `#${defaultChannel}` }
  const advice =
    channel === undefined
      ? [`spec.slack.channel of the AlertReceiver: slack.channel is no channel's name or id; write where to post`]
      : []
  return { value: { slack }, settings: [], advice }
}

function logsOf(settings: YamlSettings): object {
  const written = settings.find('max_crashlog_length')
  const bytes = logBytes(written?.value)
  if (bytes === undefined) {
    throw new OperatorError(
      'INVALID_INPUT',
      `${written?.place}: max_crashlog_length: it has to be a whole number of bytes`,
    )
  }
  return { logs: { maxBytes: bytes, tailLines: mostLines } }
}

/** kubernetes-pod-monitor counts bytes alone; this is the most that a route can have. */
const mostLines = 5_000

function dashboardOf(settings: YamlSettings): object {
  const dashboardURL = dashboardUrl(settings.find('elasticsearch.dashboard')?.value)
  return dashboardURL === undefined ? {} : { dashboardURL }
}

/** What is not told is kept nevertheless, as kubernetes-pod-monitor does. */
function ignoresOf(isTelling: boolean, mutes: readonly object[]): object {
  const ignore = [...(isTelling ? [] : [{ namespace: '*' }]), ...mutes]
  return ignore.length === 0 ? {} : { ignore }
}

function adviceOf({ hasEnvironment, people, cluster }: PodMonitorOptions, isTelling: boolean): string[] {
  const quiet =
    'slack.notify is not true, so nothing is told, only kept: the first line of spec.ignore of the CrashAlertRoute says so; remove it to be told'
  const variables = [
    'variables of the Deployment, such as SLACK_TOKEN for slack.token, win over the file, and its Helm chart sets many: give them with --env-file, from',
    'kubectl -n NAMESPACE set env deployment/kubernetes-pod-monitor --list > pod-monitor.env',
  ]
  return [
    ...(isTelling ? [] : [quiet]),
    ...(hasEnvironment ? [] : variables),
    ...(people === undefined
      ? ['channels by namespace and muted containers are in its database: convert with --mysql to have them too']
      : []),
    ...(people === undefined || people.otherClusters.length === 0
      ? []
      : [otherClusters(people.otherClusters, cluster)]),
    'stop kubernetes-pod-monitor when Dogwatch starts, or both tell and both write its tables',
    'a workload is told of once, with what came later in the same message, in place of a message for each restart: see spec.grouping',
    'init containers, images that cannot be had, evictions, failed Jobs and more are told of as well; for runs that ended alone set spec.reasons to [Error, OOMKilled, ProbeKilled, CrashLoopBackOff]',
  ]
}

function otherClusters(names: readonly string[], cluster: string): string {
  const shown = names.slice(0, 10).map(asciiJson).join(', ')
  const more = names.length > 10 ? ` and ${names.length - 10} more` : ''
  return `the tables also speak of clusters ${shown}${more}: convert again with --cluster for each; these manifests are for ${asciiJson(cluster)}`
}
