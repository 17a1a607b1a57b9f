/** AlertReceiver: a place that alerts go to, when it wants to hear of which, and who else may send there. */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { channelKinds, channels } from './channels.ts'
import { conditions } from './conditions.ts'
import { defineKind, type Resource } from './kind.ts'
import { receiverHours } from './receiver-hours.ts'
import { count, duration, rule, set, text, timestamp } from './schema.ts'
import { namespaceGrant } from './selector.ts'

const present = channelKinds.map((name) => `has(self.${name})`).join(', ')

const share = z.object({
  namespaces: namespaceGrant().describe('The namespaces whose policies may name this receiver.'),
  slackChannels: set(text(80))
    .max(64)
    .optional()
    .describe(
      'For a Slack receiver: the channels that those policies may name in place of its own; * stands for any characters, as in #team-*. Absent: none.',
    ),
})

const template = rule(
  z.object({
    title: text(1_024).optional().describe('The one line that says it all. Absent: as without a template.'),
    text: text(8_192).optional().describe('What stands below it. Absent: as without a template.'),
  }),
  {
    cel: 'has(self.title) || has(self.text)',
    holds: (value) => value.title !== undefined || value.text !== undefined,
    message: 'set title, text or both',
  },
)

const oneChannel = rule(
  z.object({
    ...channels,
    hours: receiverHours.optional().describe('When it is told. Absent: at any hour.'),
    minSeverity: z
      .enum(severities)
      .default('info')
      .describe('What is less severe than this never goes to this receiver.'),
    heartbeat: z
      .object({
        every: duration({ min: '10s', max: '24h' }).default('5m').describe('Duration. How often at least.'),
      })
      .optional()
      .describe(
        'A sign of life, so that somebody notices when none comes. Absent: none. heartbeat: {} takes the default.',
      ),
    template: template
      .optional()
      .describe(
        'Words of your own, in Mustache. What can be named is in docs/reference/alerts.md; a mistake is told in Accepted.',
      ),
    share: share
      .optional()
      .describe(
        "Who else may use this receiver. Absent: only its own namespace. Counts only in the operator's own namespace.",
      ),
  }),
  {
    cel: `[${present}].filter(isSet, isSet).size() == 1`,
    holds: (value) => channelKinds.filter((name) => value[name] !== undefined).length === 1,
    message: `set exactly one of ${channelKinds.join(', ')}`,
  },
)

const spec = rule(oneChannel, {
  cel: '!(has(self.pagerduty) && has(self.heartbeat))',
  holds: ({ pagerduty, heartbeat }) => pagerduty === undefined || heartbeat === undefined,
  message: 'leave heartbeat out with pagerduty: it would open an incident for each',
  fieldPath: '.heartbeat',
}).describe('Where alerts go: exactly one channel, and who may use it.')

const status = z
  .object({
    observedGeneration: count().optional().describe('The metadata.generation that this status is about.'),
    conditions: conditions().optional().describe('Accepted, ResolvedRefs, Ready and Degraded, each with its reason.'),
    channel: z.enum(channelKinds).optional().describe('The channel that the spec sets.'),
    usedBy: count().optional().describe('How many policies name this receiver.'),
    lastDeliveryTime: timestamp()
      .optional()
      .describe('When a message was last delivered; written at most every five minutes.'),
  })
  .describe('What the operator knows of the receiver.')

export const alertReceiver = defineKind({
  kind: 'AlertReceiver',
  plural: 'alertreceivers',
  singular: 'alertreceiver',
  shortNames: ['recv'],
  description: 'A place that alerts go to. Policies name it in spec.receivers.',
  spec,
  status,
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether messages can be sent.',
    },
    { name: 'Channel', type: 'string', jsonPath: '.status.channel', description: 'The kind of channel.' },
    { name: 'Used By', type: 'integer', jsonPath: '.status.usedBy', description: 'Policies that name it.' },
    {
      name: 'Delivered',
      type: 'date',
      jsonPath: '.status.lastDeliveryTime',
      description: 'Time since the last delivery.',
    },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made.' },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why it is ready or not.',
      priority: 1,
    },
  ],
  example: { console: {}, share: { namespaces: { selector: {} } } },
})

export type AlertReceiver = Resource<typeof alertReceiver>
export type AlertReceiverSpec = AlertReceiver['spec']
export type AlertReceiverStatus = NonNullable<AlertReceiver['status']>
