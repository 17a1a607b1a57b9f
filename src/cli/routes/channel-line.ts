/** The receivers of a namespace's own line: those that its crashes go to now, those of Slack in the channel that is asked for. */
import { type AlertReceiver, alertReceiver } from '../../api/alert-receiver.ts'
import { type CrashAlertRoute, channelAnnotation } from '../../api/crash-alert-route.ts'
import type { ReceiverUseSpec } from '../../api/receiver-use.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import { getObject } from '../../kube/writer.ts'
import { resourceTypeOf } from '../sources/custom-resources.ts'
import { readNamespace } from '../sources/namespace-source.ts'
import { type RouteEdit, type RouteLine, setLine } from './edits.ts'
import type { NamespacePlace } from './find-route.ts'
import { receiverText } from './line-text.ts'
import { countingLine, isUnsure, type KnownNamespace, requireSelected } from './namespace-lines.ts'

export interface ChannelRequest {
  readonly namespace: string
  readonly channel: string
  /** `NAME` or `NAMESPACE/NAME`; absent: the Slack receivers of the line that counts now. */
  readonly receiver?: string
  readonly systemNamespace: string
}

/** Throws INVALID_INPUT where no Slack receiver is known to send by, and where the route does not select the namespace. */
export async function setChannel(
  route: CrashAlertRoute,
  request: ChannelRequest,
  place: NamespacePlace,
): Promise<RouteEdit> {
  const { channel, receiver } = request
  requireInScope(route, request)
  const namespace = await knownNamespace(request.namespace, place)
  requireSelected(route, namespace)
  const receivers =
    receiver === undefined
      ? await inChannel(route, { namespace, channel }, place)
      : [{ ...referenceOf(receiver), slack: { channel } }]
  const edit = setLine(route.spec, namespace, receivers)
  const where = receivers.map((use) => receiverText(use, route.metadata.namespace)).join(', ')
  const effect = `Crashes of namespace ${namespace.name} go to ${where}`
  return { ...edit, effects: [effect, ...edit.effects, ...reservations(route, namespace)] }
}

async function knownNamespace(name: string, { client, signal }: NamespacePlace): Promise<KnownNamespace> {
  const found = await readNamespace(client, name, signal)
  if (found === 'absent') return { name, isAbsent: true, unknownBecause: `there is no namespace ${name}` }
  return found === 'forbidden' ? { name, unknownBecause: `namespace ${name} cannot be read with your rights` } : found
}

/** What may keep its crashes from going there. */
function reservations({ spec }: CrashAlertRoute, namespace: KnownNamespace): string[] {
  const { name, unknownBecause, isAbsent, wishedChannel } = namespace
  const unsure = `Whether the route selects ${name} is not known: its spec.namespaces chooses by labels, and ${unknownBecause}`
  const absent = `There is no namespace ${name} yet: it counts when there is one`
  const wish = `The namespace's annotation ${channelAnnotation} asks for ${JSON.stringify(wishedChannel?.slice(0, 80))}, which counts instead where the receiver allows it: \`routes explain\` shows it`
  const isUnsureOf = isUnsure(spec.namespaces, namespace)
  return [
    ...(isUnsureOf ? [unsure] : []),
    ...(isAbsent && !isUnsureOf ? [absent] : []),
    ...(spec.channelFromAnnotation && wishedChannel !== undefined ? [wish] : []),
  ]
}

function requireInScope({ metadata }: CrashAlertRoute, { namespace, systemNamespace }: ChannelRequest): void {
  if (metadata.namespace === systemNamespace || metadata.namespace === namespace) return
  throw new OperatorError(
    'INVALID_INPUT',
    `a route in namespace ${metadata.namespace} sees that namespace alone: change one of ${systemNamespace} with -n ${systemNamespace}, or one of ${namespace} with -n ${namespace}`,
  )
}

function referenceOf(text: string): ReceiverUseSpec {
  const [first = '', second] = text.split('/')
  return second === undefined ? { name: first } : { name: second, namespace: first }
}

async function inChannel(
  { metadata, spec }: CrashAlertRoute,
  { namespace, channel }: { readonly namespace: KnownNamespace; readonly channel: string },
  place: NamespacePlace,
): Promise<RouteLine['receivers']> {
  const now = countingLine(spec, namespace)?.receivers ?? spec.receivers ?? []
  const receivers: ReceiverUseSpec[] = []
  let found = 0
  for (const use of now) {
    const isSlack = use.slack !== undefined || (await isForSlack(use, metadata.namespace, place))
    if (isSlack) found += 1
    receivers.push(isSlack ? { ...use, slack: { channel } } : use)
  }
  if (found > 0) return receivers
  const message = `crashes of namespace ${namespace.name} go to no Slack receiver by this route: say by which with --receiver NAME, or NAMESPACE/NAME`
  throw new OperatorError('INVALID_INPUT', message)
}

/** Not where it cannot be read. */
async function isForSlack(
  { name, namespace }: ReceiverUseSpec,
  own: string,
  { client, signal }: NamespacePlace,
): Promise<boolean> {
  const at = { type: resourceTypeOf(alertReceiver), namespace: namespace ?? own, name }
  try {
    const { spec } = (await getObject(client, at, signal)) as unknown as AlertReceiver
    return spec.slack !== undefined
  } catch (cause) {
    if (hasCode(cause, 'API_NOT_FOUND') || hasCode(cause, 'API_FORBIDDEN')) return false
    throw cause
  }
}
