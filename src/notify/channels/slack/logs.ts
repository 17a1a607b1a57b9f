/**
 * Long logs as files in the message's thread. The message is what matters: a log that cannot be attached is tried once more,
 * then the thread says that it is missing, and nothing waits for it.
 */
import { createHash } from 'node:crypto'
import type { WebClient } from '@slack/web-api'
import type { Attachment } from '../../../model/alert.ts'
import { cutHeadToBytes } from '../../cut.ts'
import type { Layout } from '../../layout.ts'
import type { DeliverySteps, FailedDelivery, IncidentData } from '../../notifier.ts'
import type { Outgoing } from '../../outgoing.ts'
import { failureOf } from '../../outgoing-failures.ts'
import { isWhollyInline, plainWords } from './blocks.ts'
import { findMessage, type Posted, post } from './conversation.ts'
import { failureOfSlack } from './web-api.ts'

export interface LogSurroundings {
  readonly slack: WebClient
  readonly outgoing: Outgoing
  readonly steps: DeliverySteps
  readonly signal: AbortSignal
  /** The message that begins the thread. */
  readonly root: Posted
  /** Of the message. */
  readonly id: string
  /** When the delivery was decided. */
  readonly sinceMs: number
}

export interface SharedLogs {
  /** What tells the logs that are in the thread from others: for the incident's data. */
  readonly known: string
  /** Why logs are missing. */
  readonly missing?: string
}

const mostFiles = 10
const mostKnown = 50
/** Slack makes snippets of texts up to this; longer ones could not be read in place. */
const longestFileBytes = 1_000_000

/** Attaches what the message does not show whole and the thread does not have yet. */
export async function shareLogs(layout: Layout, known: string, surroundings: LogSurroundings): Promise<SharedLogs> {
  const had = known.split(',').filter((mark) => mark !== '')
  const logs = layout.sections
    .flatMap(({ key, log }) =>
      log === undefined || isWhollyInline(log, layout) ? [] : [{ log, mark: markOf(key, log) }],
    )
    .filter(({ mark }) => !had.includes(mark))
    .slice(0, mostFiles)
  if (logs.length === 0) return { known }
  const { missing } = await shareOnce(
    logs.map(({ log }) => log),
    surroundings,
  )
  if (missing !== undefined) {
    await sayMissing(missing, surroundings)
    return { known, missing }
  }
  return { known: [...had, ...logs.map(({ mark }) => mark)].slice(-mostKnown).join(',') }
}

function markOf(key: string, { text }: Attachment): string {
  return createHash('sha256').update(key).update('\0').update(text).digest('hex').slice(0, 8)
}

/** Sending the bytes shows nothing to anybody yet, so it is simply done again, once; showing them is one short call. */
async function shareOnce(logs: readonly Attachment[], surroundings: LogSurroundings): Promise<IncidentData> {
  const { steps } = surroundings
  const send = () => uploadAll(logs, surroundings)
  const unfinished = async () => ({ missing: 'Slack did not take the file in time' })
  const again = () => steps.run('log files again', () => send().catch(missingBecause), unfinished)
  const uploaded = await steps.run('log files', () => send().catch(finalOnly), again)
  if (uploaded.files === undefined) return uploaded
  const ids = uploaded.files.split(',')
  const show = () => complete(ids, logs, surroundings).catch(finalOnly)
  return steps.run('logs', show, () => findShared(ids, surroundings))
}

/** People who look for the log shall not look for long. It is said once or not at all: it is not worth another try. */
async function sayMissing(missing: string, { slack, steps, root, id }: LogSurroundings): Promise<void> {
  const words = plainWords(`A log could not be attached, only its end is above: ${missing}`)
  const place = { channel: root.channel, threadTs: root.ts }
  const call = async () => ({ ...(await post(slack, place, words, { id, part: 'log missing' })) })
  await steps.run(
    'log missing',
    () => call().catch(missingBecause),
    async () => ({}),
  )
}

function missingBecause(error: unknown): IncidentData {
  return { missing: failureOfUpload(error).message }
}

/** What may succeed later is thrown, so that the delivery is tried again. */
function finalOnly(error: unknown): IncidentData {
  if (failureOfUpload(error).retry) throw error
  return missingBecause(error)
}

/** What it means that Slack's file store did not take a file. */
export class UploadFailed extends Error {
  readonly failure: FailedDelivery

  constructor(failure: FailedDelivery) {
    super(failure.message)
    this.failure = failure
  }
}

function failureOfUpload(error: unknown): FailedDelivery {
  return error instanceof UploadFailed ? error.failure : failureOfSlack(error)
}

async function uploadAll(logs: readonly Attachment[], surroundings: LogSurroundings): Promise<IncidentData> {
  const ids: string[] = []
  for (const log of logs) ids.push(await uploadOne(log, surroundings))
  return { files: ids.join(',') }
}

async function uploadOne({ name, text }: Attachment, { slack, outgoing, signal }: LogSurroundings): Promise<string> {
  const body = Buffer.from(cutHeadToBytes(text, longestFileBytes), 'utf8')
  const place = await slack.files.getUploadURLExternal({ filename: name, length: body.length })
  const headers = { 'content-type': 'application/octet-stream' }
  const answer = await outgoing.send({ url: place.upload_url ?? '', method: 'POST', headers, body, signal })
  const failure = failureOf(answer)
  if (failure !== undefined) throw new UploadFailed(failure)
  return place.file_id ?? ''
}

async function complete(
  ids: readonly string[],
  logs: readonly Attachment[],
  { slack, root }: LogSurroundings,
): Promise<IncidentData> {
  const [first, ...others] = ids.map((id, index) => ({ id, title: logs[index]?.name ?? 'log' }))
  if (first === undefined) return {}
  const files: [typeof first, ...(typeof first)[]] = [first, ...others]
  await slack.files.completeUploadExternal({ files, channel_id: root.channel, thread_ts: root.ts })
  return {}
}

async function findShared(
  ids: readonly string[],
  { slack, root, sinceMs }: LogSurroundings,
): Promise<IncidentData | undefined> {
  const search = { channel: root.channel, threadTs: root.ts, sinceMs }
  const { isKnown, found } = await findMessage(slack, search, ({ files = [] }) =>
    files.some(({ id }) => id !== undefined && ids.includes(id)),
  )
  return isKnown && found !== undefined ? {} : undefined
}
