/** In which Slack channel a receiver is told of a namespace's crashes, and who chose it. */

import { slackChannelPattern } from '../../api/channels/slack.ts'
import { channelAnnotation } from '../../api/crash-alert-route.ts'
import type { ReceiverUse } from '../../model/alert.ts'
import type { CrashNamespace } from './crash-namespace.ts'
import type { ChannelAnswer, WatchedCrashRoute } from './watched-route.ts'

export interface ChannelChoice {
  readonly use: ReceiverUse
  /** Receiver: its own channel, or none where it is not for Slack. */
  readonly chosenBy: 'Receiver' | 'Route' | 'Annotation'
  /** Why what the namespace's annotation asks for is not done, in words. */
  readonly refusal?: string
}

type Refusal = Exclude<ChannelAnswer, 'Allowed' | 'NoSlack'> | 'NoChannel'

export function chooseChannel(route: WatchedCrashRoute, namespace: CrashNamespace, use: ReceiverUse): ChannelChoice {
  const own: ChannelChoice = { use, chosenBy: use.slackChannel === undefined ? 'Receiver' : 'Route' }
  const { wishedChannel } = namespace
  if (!route.spec.channelFromAnnotation || wishedChannel === undefined) return own
  const channel = readChannel(wishedChannel)
  const answer = channel === undefined ? 'NoChannel' : route.channelAnswer(namespace, channel, use)
  if (answer === 'NoSlack') return own
  if (answer !== 'Allowed') return { ...own, refusal: refusalText(answer, wishedChannel, use) }
  return { use: { ...use, slackChannel: channel ?? wishedChannel }, chosenBy: 'Annotation' }
}

/** `payments` is taken for `#payments`; undefined for what no channel can be called. */
function readChannel(wish: string): string | undefined {
  return [wish, `#${wish}`].find((channel) => slackChannelPattern.test(channel))
}

function refusalText(answer: Refusal, wish: string, { namespace, name }: ReceiverUse): string {
  const shown = JSON.stringify(wish.slice(0, 80))
  const why =
    answer === 'NoChannel'
      ? 'is no name of a channel: write #name, or the id that Slack shows'
      : `is not allowed by AlertReceiver ${namespace}/${name}: its spec.share must select the namespace and have a pattern for the channel`
  return `annotation ${channelAnnotation} ${shown} ${why}`
}
