import { z } from 'zod'
import { channelKinds, channels } from './channels.ts'
import { conditions } from './conditions.ts'
import { defineKind, type Resource } from './kind.ts'
import { count, rule, timestamp } from './schema.ts'
import { namespaceGrant } from './selector.ts'

const present = channelKinds.map((name) => `has(self.${name})`).join(', ')

const spec = rule(
  z.object({
    ...channels,
    share: z
      .object({ namespaces: namespaceGrant().describe('The namespaces whose policies may name this receiver.') })
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
).describe('Where alerts go: exactly one channel, and who may use it.')

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
