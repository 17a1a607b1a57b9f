/**
 * What a webhook is sent: the schema of version 1, and a message in its form. Fields are only ever added to a version; what
 * would change the meaning of one makes a new version.
 */
import { z } from 'zod'
import { type Alert, type Attachment, alertStates, severities } from '../../../model/alert.ts'
import { matchLabels } from '../../../model/alert-labels.ts'
import { type Message, maxMessageAlerts, notificationReasons } from '../../../model/message.ts'
import { cutHeadToBytes } from '../../cut.ts'
import { headline } from '../../render-text.ts'

const time = () => z.iso.datetime({ offset: true })
const labels = () => z.record(z.string(), z.string())

const object = z.object({
  kind: z.string(),
  namespace: z.string().optional().describe('Absent for what is in no namespace.'),
  name: z.string(),
  uid: z.string().optional().describe('Tells it from an earlier one of the same name.'),
})

const attachment = z.object({
  name: z.string(),
  text: z.string().describe('The end of a log. Where it was cut, its first line says how much is missing.'),
})

const alert = z
  .object({
    key: z.string().describe('The same for as long as it lasts, in every message about it.'),
    state: z.enum(alertStates).describe('closed: it ended, although nobody measured that it is over.'),
    severity: z.enum(severities),
    title: z.string().describe('One line that says it all.'),
    lines: z.array(z.string()).describe('The facts, most important first.'),
    labels: labels().describe('All that silences can match on.'),
    policy: object,
    rule: z.string().describe("The name of the policy's rule."),
    object: object.describe('What it is about.'),
    since: time().describe('When it began.'),
    at: time().describe('When it was last looked at.'),
    runbookURL: z.string().optional(),
    attachment: attachment.optional(),
  })
  .meta({ id: 'alert' })

export const webhookPayload = z
  .object({
    version: z.literal('v1').describe('Of this form.'),
    id: z.string().describe('The same when the message is sent again; also in Idempotency-Key.'),
    incident: z.string().describe('The same from the first message of an incident to its last.'),
    reason: z.enum(notificationReasons).describe('Why it comes now.'),
    at: time().describe('When it was made.'),
    clusterName: z.string().optional(),
    severity: z.enum(severities).describe('The highest of what fires; of what ended where nothing fires.'),
    title: z.string().describe("One line that says it all; the receiver's template has its word here."),
    text: z.string().optional().describe("The text that the receiver's template makes. Absent: it makes none."),
    labels: labels().describe('Those that all its alerts share.'),
    firing: z.array(alert).max(maxMessageAlerts).describe('The most severe first. counts says how many there are.'),
    ended: z.array(alert).max(maxMessageAlerts).describe('What is over since the last message of the incident.'),
    counts: z.object({ firing: z.int().min(0), ended: z.int().min(0) }),
    reminder: z
      .object({ number: z.int().min(1), of: z.int().min(1).optional() })
      .optional()
      .describe('Which reminder it is. Absent where it is none.'),
    dropped: z.int().min(1).optional().describe('Alerts that were not told because too many came; said once.'),
    isPossibleRepeat: z.boolean().describe('True: an earlier try may have arrived.'),
    nextWithinSeconds: z.number().optional().describe('With reason heartbeat: the next one comes within this time.'),
  })
  .meta({ id: 'message' })

export type WebhookPayload = z.output<typeof webhookPayload>

/** JSON Schema (2020-12) of what is sent. */
export function webhookJsonSchema(): object {
  const schema = z.toJSONSchema(webhookPayload, { target: 'draft-2020-12', io: 'input' })
  return { title: 'A message of Dogwatch to a webhook, version 1', ...schema }
}

/** All logs of a message together. */
const longestLogsBytes = 512 * 1024

export function payloadOf(message: Message): WebhookPayload {
  const { id, incident, reason, at, clusterName, severity, reminder, dropped, text, nextWithinMs } = message
  const attached = [...message.firing, ...message.ended].filter((one) => one.attachment !== undefined)
  const logBytes = Math.floor(longestLogsBytes / Math.max(1, attached.length))
  return {
    ...{ version: 'v1', id, incident, reason, at },
    ...(clusterName === undefined ? {} : { clusterName }),
    ...{ severity, title: headline(message) },
    ...(text === undefined ? {} : { text }),
    labels: message.labels,
    firing: message.firing.map((one) => alertOf(one, logBytes)),
    ended: message.ended.map((one) => alertOf(one, logBytes)),
    counts: message.counts,
    ...(reminder === undefined ? {} : { reminder }),
    ...(dropped === undefined ? {} : { dropped }),
    isPossibleRepeat: message.isPossibleRepeat,
    ...(nextWithinMs === undefined ? {} : { nextWithinSeconds: nextWithinMs / 1_000 }),
  }
}

function alertOf(one: Alert, logBytes: number): WebhookPayload['firing'][number] {
  const { key, state, severity, title, lines, policy, rule, since, at, runbookURL } = one
  return {
    ...{ key, state, severity, title, lines: [...lines], labels: matchLabels(one) },
    ...{ policy, rule, object: one.object, since, at },
    ...(runbookURL === undefined ? {} : { runbookURL }),
    ...(one.attachment === undefined ? {} : { attachment: attachmentOf(one.attachment, logBytes) }),
  }
}

function attachmentOf({ name, text }: Attachment, maxBytes: number): Attachment {
  return { name, text: cutHeadToBytes(text, maxBytes) }
}
