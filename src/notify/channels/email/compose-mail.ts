/**
 * A message as mail. Its Message-ID follows from the message's id, so that a second copy is known as one; what an incident's
 * mails refer to follows from what was sent first (RFC 5322, 3.6.4), so that mail programs show them as one thread.
 */
import type { Attachment } from '../../../model/alert.ts'
import type { Message } from '../../../model/message.ts'
import { cutEnd, cutHeadToBytes, lastLines } from '../../cut.ts'
import { type Layout, layoutOf } from '../../layout.ts'
import type { IncidentData } from '../../notifier.ts'
import { renderText } from '../../render-text.ts'
import { htmlOf, inlineLogOf, isWhollyInline } from './html.ts'

export interface MailAddresses {
  /** `dogwatch@example.com` or `Dogwatch <dogwatch@example.com>`. */
  readonly from: string
  readonly to: readonly string[]
  /** Names the receiver in a List-Id: `oncall.dogwatch-system`. */
  readonly listName: string
}

const longestSubject = 180
const mostAttachments = 20
const longestAttachmentBytes = 256 * 1024

/** What nodemailer makes a mail of. */
export function composeMail(message: Message, { from, to, listName }: MailAddresses, incident: IncidentData) {
  const layout = layoutOf(message)
  const domain = domainOf(from)
  const messageId = `<${message.id}@${domain}>`
  const thread = threadOf(message, domain, incident)
  return {
    ...{ from, to: [...to], messageId, date: new Date(message.at), subject: subjectOf(layout) },
    ...(thread.length === 0 ? {} : { inReplyTo: thread.at(-1), references: thread }),
    ...{ text: textOf(message, layout), html: htmlOf(layout), attachments: attachmentsOf(layout) },
    // What a computer sent: nobody's holiday notice answers it (RFC 3834).
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'List-Id': `<${listName}.${domain}>`,
      'X-Dogwatch-Incident': message.incident,
      'X-Dogwatch-Reason': message.reason,
      'X-Dogwatch-Severity': message.severity,
    },
    ...(message.severity === 'critical' && message.counts.firing > 0 ? { priority: 'high' as const } : {}),
    ...{ disableFileAccess: true, disableUrlAccess: true },
  }
}

/** What the mail belongs below. Signs of life have no first one to refer to: they refer to one that was never sent. */
function threadOf({ reason, incident: name }: Message, domain: string, { first, last }: IncidentData): string[] {
  if (reason === 'heartbeat') return [`<${name.replaceAll(/[^A-Za-z0-9.-]/g, '.')}@${domain}>`]
  return [...new Set([first, last].filter((id): id is string => id !== undefined))]
}

/** What later mails of the incident refer to. */
export function incidentAfter(message: Message, from: string, { first }: IncidentData): IncidentData {
  const messageId = `<${message.id}@${domainOf(from)}>`
  return { first: first ?? messageId, last: messageId }
}

function domainOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?$/.exec(from)?.[1] ?? 'dogwatch.invalid'
}

function subjectOf({ word, clusterName, headline }: Layout): string {
  const cluster = clusterName === undefined ? '' : `[${clusterName}] `
  return cutEnd(`${word}: ${cluster}${headline}`, longestSubject)
}

function textOf(message: Message, layout: Layout): string {
  if (layout.text !== undefined) return `${renderText(message)}\n`
  const { lines, length } = inlineLogOf(layout)
  const ends = logsOf(layout).map(({ name, text }) => `\n\n${name}, its end:\n${lastLines(text, lines, length)}`)
  return `${renderText(message)}${ends.join('')}\n`
}

/** Logs that the mail does not show whole; their end is what counts. */
function attachmentsOf(layout: Layout) {
  const long = logsOf(layout).filter((log) => !isWhollyInline(log, layout))
  return long.slice(0, mostAttachments).map(({ name, text }) => ({
    ...{ filename: name.includes('.') ? name : `${name}.log`, contentType: 'text/plain; charset=utf-8' },
    content: Buffer.from(cutHeadToBytes(text, longestAttachmentBytes), 'utf8'),
  }))
}

function logsOf({ sections }: Layout): Attachment[] {
  return sections.flatMap(({ log }) => log ?? [])
}
