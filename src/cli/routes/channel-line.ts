/** The receivers of a namespace's own line: those that its crashes go to now, those of Slack in the channel that is asked for. */
import { type AlertReceiver, alertReceiver } from '../../api/alert-receiver.ts'
import type { CrashAlertRoute } from '../../api/crash-alert-route.ts'
import type { ReceiverUseSpec } from '../../api/receiver-use.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import { getObject } from '../../kube/writer.ts'
import { resourceTypeOf } from '../sources/custom-resources.ts'
import { ownLine, type RouteEdit, type RouteLine, setLine } from './edits.ts'
import type { NamespacePlace } from './find-route.ts'
import { receiverText } from './line-text.ts'

export interface ChannelRequest {
  readonly namespace: string
  readonly channel: string
  /** `NAME` or `NAMESPACE/NAME`; absent: the Slack receivers of the line that counts now. */
  readonly receiver?: string
  readonly systemNamespace: string
}

/** Throws INVALID_INPUT where no Slack receiver is known to send by. */
export async function setChannel(
  route: CrashAlertRoute,
  request: ChannelRequest,
  place: NamespacePlace,
): Promise<RouteEdit> {
  const { namespace, channel, receiver } = request
  requireInScope(route, request)
  const receivers =
    receiver === undefined ? await inChannel(route, request, place) : [{ ...referenceOf(receiver), slack: { channel } }]
  const edit = setLine(route.spec, namespace, receivers)
  const where = receivers.map((use) => receiverText(use, route.metadata.namespace)).join(', ')
  return { ...edit, effects: [`Crashes of namespace ${namespace} go to ${where}`, ...edit.effects] }
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
  { namespace, channel }: ChannelRequest,
  place: NamespacePlace,
): Promise<RouteLine['receivers']> {
  const now =
    ownLine(spec, namespace)?.receivers ?? namedLine(spec.routes, namespace)?.receivers ?? spec.receivers ?? []
  const receivers: ReceiverUseSpec[] = []
  let found = 0
  for (const use of now) {
    const isSlack = use.slack !== undefined || (await isForSlack(use, metadata.namespace, place))
    if (isSlack) found += 1
    receivers.push(isSlack ? { ...use, slack: { channel } } : use)
  }
  if (found > 0) return receivers
  const message = `crashes of namespace ${namespace} go to no Slack receiver by this route: say by which with --receiver NAME, or NAMESPACE/NAME`
  throw new OperatorError('INVALID_INPUT', message)
}

/** The first line that counts for the namespace whatever its labels are. */
function namedLine(routes: readonly RouteLine[] = [], namespace: string): RouteLine | undefined {
  return routes.find(({ namespaces: { names = [], selector } = {} }) => {
    return selector === undefined && (names.length === 0 || names.includes(namespace))
  })
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
