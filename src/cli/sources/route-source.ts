/** Reads what is asked of routes: the pod, its namespace, the routes that could see it, their receivers, and silences. */
import { type AlertReceiver, alertReceiver } from '../../api/alert-receiver.ts'
import { channelKinds } from '../../api/channels.ts'
import { type CrashAlertRoute, crashAlertRoute } from '../../api/crash-alert-route.ts'
import type { Kind } from '../../api/kind.ts'
import type { ReceiverUseSpec } from '../../api/receiver-use.ts'
import { receiverScopeProblems } from '../../api/scope-rule.ts'
import { type Silence, silence } from '../../api/silence.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import type { KubeClient } from '../../kube/client.ts'
import { getObject } from '../../kube/writer.ts'
import { receiverSharing } from '../../notify/receiver-sharing.ts'
import { atAnyHour, type Receiver, Receivers } from '../../notify/receivers.ts'
import type { CrashNamespace } from '../../watchers/crash/crash-namespace.ts'
import { createJobProjection, type JobFacts } from '../../watchers/crash/job-facts.ts'
import { createPodProjection } from '../../watchers/crash/pod-facts.ts'
import type { JobObject, PodObject } from '../../watchers/crash/pod-object.ts'
import { listKind, resourceTypeOf } from './custom-resources.ts'
import { readNamespace } from './namespace-source.ts'

export interface RouteSource {
  readonly client: KubeClient
  readonly signal: AbortSignal
  /** Of the pod. */
  readonly namespace: string
  readonly systemNamespace: string
}

export interface RouteFacts {
  readonly pod: PodObject
  /** The one that made the pod; `none`: there is none; undefined: it may not be read. */
  readonly job: JobFacts | 'none' | undefined
  readonly namespace: CrashNamespace
  readonly routes: readonly CrashAlertRoute[]
  readonly silences: readonly Silence[]
  readonly receivers: Receivers
  /** What could not be read, in words. */
  readonly notes: readonly string[]
}

const core = { group: '', version: 'v1' }

/** What may not be read is left out, and named. Throws INVALID_INPUT where there is no such pod. */
export async function readRouteFacts(source: RouteSource, podName: string): Promise<RouteFacts> {
  const notes: string[] = []
  const pod = await readPod(source, podName)
  const job = await readJob(pod, source, notes)
  const namespace = await readOwnNamespace(source, notes)
  const routes = await readBoth<CrashAlertRoute>(crashAlertRoute, source, notes)
  const silences = await readBoth<Silence>(silence, source, notes)
  const receivers = await readReceivers(routes, source, notes)
  return { pod, job, namespace, routes, silences, receivers, notes: [...new Set(notes)] }
}

async function readPod({ client, signal, namespace }: RouteSource, name: string): Promise<PodObject> {
  try {
    return (await getObject(client, { type: { ...core, resource: 'pods' }, namespace, name }, signal)) as PodObject
  } catch (cause) {
    if (!hasCode(cause, 'API_NOT_FOUND')) throw cause
    const message = `there is no pod ${namespace}/${name}: \`kubectl get pods -n ${namespace}\` shows what there is`
    throw new OperatorError('INVALID_INPUT', message)
  }
}

const jobs = { group: 'batch', version: 'v1', resource: 'jobs' }

/** Whose pod it is, where a CronJob made it, is known by its Job alone. */
async function readJob(pod: PodObject, source: RouteSource, notes: string[]): Promise<RouteFacts['job']> {
  const { client, signal, namespace } = source
  const { owner } = createPodProjection()(pod)
  if (owner?.kind !== 'Job' || !owner.apiVersion.startsWith(`${jobs.group}/`)) return 'none'
  const at = { type: jobs, namespace, name: owner.name }
  const object = await ifThere(() => ifAllowed(() => getObject(client, at, signal)))
  if (object === undefined) notes.push(`Job ${namespace}/${owner.name} cannot be read with your rights`)
  if (object === undefined || object === 'absent') return object && 'none'
  return createJobProjection()(object as unknown as JobObject)
}

async function readOwnNamespace({ client, signal, namespace }: RouteSource, notes: string[]): Promise<CrashNamespace> {
  const found = await readNamespace(client, namespace, signal)
  if (typeof found === 'object') return found
  notes.push(`namespace ${namespace} cannot be read with your rights: what selects by its labels is taken not to match`)
  return { name: namespace, labels: {} }
}

/** Of the operator's own namespace and of the pod's. */
async function readBoth<T>(kind: Kind, source: RouteSource, notes: string[]): Promise<T[]> {
  const { client, signal } = source
  const found: T[] = []
  for (const namespace of new Set([source.systemNamespace, source.namespace])) {
    const objects = await ifAllowed(() => listKind<T>(kind, { client, signal, namespace }))
    if (objects === undefined) notes.push(`${kind.plural} of namespace ${namespace} cannot be read with your rights`)
    found.push(...(objects ?? []))
  }
  return found
}

async function readReceivers(
  routes: readonly CrashAlertRoute[],
  source: RouteSource,
  notes: string[],
): Promise<Receivers> {
  const receivers = new Receivers()
  const named = new Map(routes.flatMap((route) => usesIn(route).map((use) => [`${use.namespace}/${use.name}`, use])))
  for (const [key, use] of named) {
    const at = { type: resourceTypeOf(alertReceiver), namespace: use.namespace, name: use.name }
    const object = await ifThere(() => ifAllowed(() => getObject(source.client, at, source.signal)))
    if (object === 'absent') continue
    if (object === undefined)
      notes.push(`AlertReceiver ${key} cannot be read with your rights: it is taken to be usable`)
    known(receivers, object as AlertReceiver | undefined, { ...use, systemNamespace: source.systemNamespace })
  }
  return receivers
}

function usesIn({ metadata, spec }: CrashAlertRoute): (ReceiverUseSpec & { readonly namespace: string })[] {
  const uses = [...(spec.routes ?? []).flatMap(({ receivers }) => receivers), ...(spec.receivers ?? [])]
  return uses.map((use) => ({ ...use, namespace: use.namespace ?? metadata.namespace }))
}

interface ReceiverPlace {
  readonly namespace: string
  readonly name: string
  readonly slack?: object | undefined
  readonly systemNamespace: string
}

/** As it stands in the cluster, or, where that cannot be read, as the route takes it to be. */
function known(receivers: Receivers, object: AlertReceiver | undefined, place: ReceiverPlace): void {
  const { namespace, name, slack, systemNamespace } = place
  const version = object?.metadata.resourceVersion ?? ''
  const beyond = object === undefined ? [] : receiverScopeProblems(object.spec, { namespace, systemNamespace })
  const refused = object?.status?.conditions?.find(({ type, status }) => type === 'Accepted' && status === 'False')
  const why = beyond[0]?.message ?? refused?.message
  if (why !== undefined) {
    receivers.reject({ namespace, name, version }, why)
    return
  }
  const guess = slack === undefined ? 'console' : 'slack'
  receivers.set({
    ...{ namespace, name, version, notifier: mute, hours: atAnyHour },
    channel: channelKinds.find((kind) => object?.spec[kind] !== undefined) ?? guess,
    isSharedWith: object === undefined ? () => true : receiverSharing(object.spec.share),
  })
}

/** Nothing is ever sent from here. */
const mute: Receiver['notifier'] = {
  rate: { burst: 1, intervalMs: 0 },
  notify: async () => ({ sent: false, reason: 'client', message: 'nothing is sent from here', retry: false }),
}

async function ifAllowed<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (cause) {
    if (hasCode(cause, 'API_FORBIDDEN')) return undefined
    throw cause
  }
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | 'absent'> {
  try {
    return await read()
  } catch (cause) {
    if (hasCode(cause, 'API_NOT_FOUND')) return 'absent'
    throw cause
  }
}
