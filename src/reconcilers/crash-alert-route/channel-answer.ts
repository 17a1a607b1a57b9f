/** Whether a namespace may name the Slack channel of its crashes itself, by the receiver that they go to. */
import type { Receivers } from '../../notify/receivers.ts'
import type { WatchedCrashRoute } from '../../watchers/crash/watched-route.ts'

/**
 * The wish is the namespace's, so it counts as far as the namespace itself could use the receiver: one of its own, or one
 * that is shared with it for that channel. Asked each time, because receivers change.
 */
export function channelAnswering(receivers: Receivers): WatchedCrashRoute['channelAnswer'] {
  return (namespace, channel, { namespace: receiverNamespace, name }) => {
    const reference = { namespace: receiverNamespace, name }
    if (receivers.get(reference)?.channel !== 'slack') return 'NoSlack'
    const resolution = receivers.resolve({ ...reference, slackChannel: channel }, namespace)
    return 'receiver' in resolution ? 'Allowed' : 'NotShared'
  }
}
