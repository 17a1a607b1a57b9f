/** Silence: alerts that its matchers select are not told for a time. */
import { z } from 'zod'
import { conditions } from './conditions.ts'
import { defineKind, type Resource } from './kind.ts'
import { count, duration, orderedList, patternText, rule, text, timestamp } from './schema.ts'

const matcher = z.object({
  name: patternText(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 63).describe(
    'The label, such as namespace, pod or severity: docs/reference/alerts.md lists them.',
  ),
  value: z.string().max(1_024).describe('Its value. Empty: the alert does not have the label.'),
  regex: z
    .boolean()
    .default(false)
    .describe('True: value is an RE2 pattern that has to match the whole of the label, such as load-.*'),
})

const fields = z.object({
  matchers: orderedList(matcher)
    .min(1)
    .max(32)
    .describe(
      'Which alerts: all matchers have to match. Outside of the system namespace only alerts about the own one.',
    ),
  startsAt: timestamp().optional().describe('When it begins. Absent: when it is made.'),
  endsAt: timestamp().optional().describe('When it ends.'),
  duration: duration({ min: '1s', max: '8760h' })
    .optional()
    .describe('Duration, in place of endsAt, from its beginning.'),
  comment: text(1_024).optional().describe('Why, for whoever wonders why nothing was told.'),
  createdBy: text(256).optional().describe('Who wants it.'),
})

type Fields = z.output<typeof fields>

const withEnd = rule(fields, {
  cel: 'has(self.endsAt) != has(self.duration)',
  holds: ({ endsAt, duration: lasting }: Fields) => (endsAt !== undefined) !== (lasting !== undefined),
  message: 'set either endsAt or duration',
})

const inOrder = rule(withEnd, {
  cel: '!has(self.startsAt) || !has(self.endsAt) || self.endsAt > self.startsAt',
  holds: ({ startsAt, endsAt }: Fields) =>
    startsAt === undefined || endsAt === undefined || Date.parse(endsAt) > Date.parse(startsAt),
  message: 'set endsAt to a time after startsAt',
  fieldPath: '.endsAt',
})

const spec = rule(inOrder, {
  cel: "self.matchers.exists(m, m.value != '')",
  holds: ({ matchers }: Fields) => matchers.some(({ value }) => value !== ''),
  message: 'give at least one matcher a value: without any, all alerts would be silenced',
  fieldPath: '.matchers',
}).describe('Which alerts are not told, and how long.')

export const silenceStates = ['Pending', 'Active', 'Expired'] as const
export type SilenceState = (typeof silenceStates)[number]

const status = z
  .object({
    observedGeneration: count().optional().describe('The metadata.generation that this status is about.'),
    conditions: conditions().optional().describe('Accepted and Ready, each with its reason.'),
    state: z
      .enum(silenceStates)
      .optional()
      .describe('Pending: it has yet to begin. Active: it silences. Expired: it is over.'),
    startsAt: timestamp().optional().describe('When it begins, or began.'),
    endsAt: timestamp().optional().describe('When it ends, or ended.'),
    muted: count().optional().describe('How many alerts that are open now it keeps quiet; counted each half minute.'),
  })
  .describe('Whether it silences now, and what.')

/** Marks a silence that was made by way of the HTTP API or the command line: it is deleted some time after it is over. */
export const createdByLabel = 'dogwatch.dev/created-by'
export const createdByApi = 'api'

export const silence = defineKind({
  kind: 'Silence',
  plural: 'silences',
  singular: 'silence',
  shortNames: ['sil'],
  description:
    'Keeps the alerts that its matchers select from being told for a time. What still fires when it ends is told then.',
  spec,
  status,
  columns: [
    { name: 'State', type: 'string', jsonPath: '.status.state', description: 'Pending, Active or Expired.' },
    { name: 'Muted', type: 'integer', jsonPath: '.status.muted', description: 'Open alerts that it keeps quiet now.' },
    { name: 'Ends', type: 'string', jsonPath: '.status.endsAt', description: 'When it ends.' },
    { name: 'Comment', type: 'string', jsonPath: '.spec.comment', description: 'Why.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made.' },
    { name: 'By', type: 'string', jsonPath: '.spec.createdBy', description: 'Who wants it.', priority: 1 },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why it is ready or not.',
      priority: 1,
    },
  ],
  example: {
    matchers: [
      { name: 'namespace', value: 'dev' },
      { name: 'pod', value: 'load-.*', regex: true },
    ],
    duration: '2h',
    comment: 'load test',
  },
})

export type Silence = Resource<typeof silence>
export type SilenceSpec = Silence['spec']
export type SilenceStatus = NonNullable<Silence['status']>
