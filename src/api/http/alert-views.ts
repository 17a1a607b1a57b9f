/** Alerts as the API shows them. */
import { z } from 'zod'
import { alertStates, severities } from '../../model/alert.ts'
import { notificationReasons } from '../../model/message.ts'

const time = () => z.iso.datetime().describe('RFC 3339.')

export const acknowledgementView = z.object({ by: z.string(), at: time(), comment: z.string().optional() })

export const alertView = z.object({
  id: z.string().describe('Of this episode: a new one has a new id.'),
  state: z.enum(alertStates).describe('closed: it ended although nobody measured that it is over.'),
  severity: z.enum(severities),
  title: z.string(),
  lines: z.array(z.string()).describe('Facts, the most important first.'),
  labels: z.record(z.string(), z.string()),
  policy: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  rule: z.string(),
  object: z.object({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  startedAt: time(),
  endedAt: time().optional(),
  acknowledged: acknowledgementView.optional().describe('Who looks after it.'),
  runbookURL: z.string().optional(),
  clusterName: z.string().optional(),
})

export type AlertView = z.output<typeof alertView>

export const alertPageView = z.object({
  alerts: z.array(alertView).describe('Newest first.'),
  next: z.string().optional().describe('The cursor of the next page; absent on the last. A page may be short.'),
})

export const deliveryView = z.object({
  id: z.string(),
  receiver: z.object({ namespace: z.string(), name: z.string(), slackChannel: z.string().optional() }),
  reason: z.enum(notificationReasons).describe('Why it was said.'),
  state: z
    .enum(['intended', 'sent', 'failed'])
    .describe('intended: on its way, or it is not known whether it arrived.'),
  intendedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  tries: z.int(),
  failure: z.object({ reason: z.string(), message: z.string() }).optional(),
})

export type DeliveryView = z.output<typeof deliveryView>

export const alertDetailView = alertView.extend({ deliveries: z.array(deliveryView).describe('Newest first.') })

export type AlertDetailView = z.output<typeof alertDetailView>
