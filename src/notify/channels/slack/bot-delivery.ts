/** One delivery: the incident's message posted or changed, the thread told, the logs attached. */
import type { WebClient } from '@slack/web-api'
import type { Message } from '../../../model/message.ts'
import { type Layout, layoutOf } from '../../layout.ts'
import type { Delivery, DeliveryContext, IncidentData } from '../../notifier.ts'
import type { Outgoing } from '../../outgoing.ts'
import { blocksOf } from './blocks.ts'
import { type Content, carries, findMessage, type Place, type Posted, post, update } from './conversation.ts'
import { failureOfCall, isOfCall } from './failures.ts'
import { fallbackText } from './fallback-text.ts'
import { type SharedLogs, shareLogs } from './logs.ts'
import { knownAfter, rootMessage, threadMessage } from './words.ts'

export interface BotDeliveryOptions {
  readonly message: Message
  readonly context: DeliveryContext
  readonly slack: WebClient
  readonly outgoing: Outgoing
  /** Name or id. */
  readonly channel: string
  readonly alsoToChannel: boolean
}

/** Throws what a call or `steps.run` throws. */
export async function deliverByBot(options: BotDeliveryOptions): Promise<Delivery> {
  const { context } = options
  const { channel, ts } = context.incident
  const root = channel === undefined || ts === undefined ? undefined : { channel, ts }
  const told = root === undefined ? undefined : await tellMore(options, root)
  const { posted, layout } = told ?? (await begin(options))
  return attachLogs(options, posted, layout)
}

interface Told {
  /** The incident's message. */
  readonly posted: Posted
  /** What was shown last. */
  readonly layout: Layout
}

async function begin(options: BotDeliveryOptions): Promise<Told> {
  const { message, channel } = options
  const layout = layoutOf(rootMessage(message))
  return { posted: await postOnce(options, 'post', { channel }, rootMessage(message)), layout }
}

/** Undefined where the incident's message is gone: then it begins anew. */
async function tellMore(options: BotDeliveryOptions, root: Posted): Promise<Told | undefined> {
  const { message, context, slack, alsoToChannel } = options
  const now = rootMessage({ ...message, isPossibleRepeat: false })
  const { gone } = await context.steps.run('update', async (): Promise<IncidentData> => {
    return (await update(slack, root, contentOf(now))) ? {} : { gone: 'true' }
  })
  if (gone !== undefined) return undefined
  if (message.reason === 'heartbeat') return { posted: root, layout: layoutOf(now) }
  const news = threadMessage(message, context.incident.known ?? '')
  const isForChannel = alsoToChannel && (message.reason === 'newAlerts' || message.reason === 'repeat')
  await postOnce(options, 'reply', { channel: root.channel, threadTs: root.ts, alsoToChannel: isForChannel }, news)
  return { posted: root, layout: layoutOf(news) }
}

/**
 * Posts, unless an earlier try did. Where Slack let us look and it is not there, it was never posted; only where nobody can
 * know it says that it may be a repeat.
 */
async function postOnce(
  { slack, context, message }: BotDeliveryOptions,
  part: 'post' | 'reply',
  place: Place,
  said: Message,
): Promise<Posted> {
  const mark = { id: message.id, part }
  let isPossibleRepeat = false
  const call = async () => ({ ...(await post(slack, place, contentOf({ ...said, isPossibleRepeat }), mark)) })
  const find = async () => {
    const result = await findMessage(slack, { ...place, sinceMs: Date.parse(message.at) }, carries(mark))
    isPossibleRepeat = !result.isKnown
    return result.found === undefined ? undefined : { ...result.found }
  }
  const { channel = place.channel, ts = '' } = await context.steps.run(part, call, find)
  return { channel, ts }
}

function contentOf(message: Message): Content {
  const layout = layoutOf(message)
  return { text: fallbackText(layout), blocks: blocksOf(layout) }
}

/** The message has arrived: from here on a failure does not undo that. */
async function attachLogs(options: BotDeliveryOptions, root: Posted, layout: Layout): Promise<Delivery> {
  const { message, context, slack, outgoing } = options
  const { steps, signal } = context
  const sinceMs = Date.parse(message.at)
  try {
    const known = context.incident.logs ?? ''
    const logs = await shareLogs(layout, known, { slack, outgoing, steps, signal, root, sinceMs, id: message.id })
    return sentWith(root, message, logs)
  } catch (error) {
    if (!isOfCall(error)) throw error
    return { ...failureOfCall(error), mayHaveArrived: true }
  }
}

function sentWith({ channel, ts }: Posted, message: Message, { known, missing }: SharedLogs): Delivery {
  const incident = { channel, ts, known: knownAfter(message), logs: known }
  return missing === undefined
    ? { sent: true, incident }
    : { sent: true, incident, note: `a log could not be attached: ${missing}` }
}
