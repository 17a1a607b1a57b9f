/**
 * The calls that a delivery makes, and how each is found again. Every message carries its id in its metadata
 * (https://docs.slack.dev/messaging/message-metadata): after a crash between call and log that is how it is found.
 */
import type { ChatPostMessageArguments, WebClient } from '@slack/web-api'
import type { SlackBlock } from './blocks.ts'
import { isPlatformError, throwOfChannel } from './web-api.ts'

export interface Posted {
  /** Its id, whatever name it was posted to. */
  readonly channel: string
  readonly ts: string
}

export interface Content {
  readonly text: string
  readonly blocks: SlackBlock[]
}

export interface Place {
  /** Name or id. */
  readonly channel: string
  /** The message whose thread it is. */
  readonly threadTs?: string
  readonly alsoToChannel?: boolean
}

/** What tells one call's message from every other. */
export interface Mark {
  readonly id: string
  readonly part: string
}

const eventType = 'dogwatch_message'

export async function post(slack: WebClient, place: Place, content: Content, mark: Mark): Promise<Posted> {
  const { channel, threadTs, alsoToChannel = false } = place
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs, reply_broadcast: alsoToChannel }
  const said = {
    ...{ channel, ...content, ...thread, unfurl_links: false, unfurl_media: false, link_names: false, parse: 'none' },
    metadata: { event_type: eventType, event_payload: { ...mark } },
  } as ChatPostMessageArguments
  const answer = await slack.chat.postMessage(said).catch(throwOfChannel)
  return { channel: answer.channel ?? channel, ts: answer.ts ?? '' }
}

/** False where the message is gone or may no longer be changed. */
export async function update(slack: WebClient, { channel, ts }: Posted, content: Content): Promise<boolean> {
  try {
    await slack.chat.update({ channel, ts, ...content, link_names: false, parse: 'none' })
    return true
  } catch (error) {
    if (isPlatformError(error, 'message_not_found', 'cant_update_message', 'edit_window_closed', 'is_inactive'))
      return false
    throw error
  }
}

export interface Search {
  /** Id or name. */
  readonly channel: string
  readonly threadTs?: string
  /** Not older than this. */
  readonly sinceMs: number
}

export interface Found {
  /** False where Slack does not let the app look. */
  readonly isKnown: boolean
  readonly found?: Posted
}

type Messages = NonNullable<Awaited<ReturnType<WebClient['conversations']['history']>>['messages']>
export type SlackMessage = Messages[number]

/** Slack's clock and ours may differ. */
const clockDifferenceMs = 120_000
const mostPages = 20
/** What Slack lets apps of every kind ask for: https://docs.slack.dev/reference/methods/conversations.history. */
const pageLength = 15

/** The first message that `isMeant`; not known where Slack does not let the app look. */
export async function findMessage(
  slack: WebClient,
  search: Search,
  isMeant: (message: SlackMessage) => boolean,
): Promise<Found> {
  try {
    const channel = await channelId(slack, search.channel)
    if (channel === undefined) return { isKnown: false }
    return await readPages(slack, { ...search, channel }, isMeant)
  } catch (error) {
    if (isPlatformError(error, ...unreadable)) return { isKnown: false }
    throw error
  }
}

const unreadable = ['missing_scope', 'not_in_channel', 'channel_not_found', 'no_permission', 'thread_not_found']

async function readPages(
  slack: WebClient,
  { channel, threadTs, sinceMs }: Search,
  isMeant: (message: SlackMessage) => boolean,
): Promise<Found> {
  const oldest = ((sinceMs - clockDifferenceMs) / 1_000).toFixed(6)
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const query = { channel, oldest, inclusive: true, include_all_metadata: true, limit: pageLength }
    const paged = cursor === undefined ? query : { ...query, cursor }
    const answer =
      threadTs === undefined
        ? await slack.conversations.history(paged)
        : await slack.conversations.replies({ ...paged, ts: threadTs })
    const found = ((answer.messages ?? []) as Messages).find(isMeant)
    if (found?.ts !== undefined) return { isKnown: true, found: { channel, ts: found.ts } }
    cursor = answer.response_metadata?.next_cursor
    if (cursor === undefined || cursor === '') return { isKnown: true }
  }
  return { isKnown: false }
}

export function carries({ id, part }: Mark): (message: SlackMessage) => boolean {
  return ({ metadata }) => {
    const { id: itsId, part: itsPart } = (metadata?.event_payload ?? {}) as Partial<Mark>
    return metadata?.event_type === eventType && itsId === id && itsPart === part
  }
}

/** History is asked for by id alone. Looks among the channels that the app is in; undefined: it is in none of that name. */
async function channelId(slack: WebClient, channel: string): Promise<string | undefined> {
  if (/^[CGD][A-Z0-9]{8,20}$/.test(channel)) return channel
  const name = channel.replace(/^#/, '')
  let cursor: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await slack.users.conversations({
      ...{ types: 'public_channel,private_channel', exclude_archived: true, limit: 200 },
      ...(cursor === undefined ? {} : { cursor }),
    })
    const found = answer.channels?.find((one) => one.name === name)
    if (found?.id !== undefined) return found.id
    cursor = answer.response_metadata?.next_cursor
    if (cursor === undefined || cursor === '') return undefined
  }
  return undefined
}
