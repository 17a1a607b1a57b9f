/** CrashAlertRoute: say who crashed and why, with the log from before, where the team that owns the namespace reads it. */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { type CrashReason, crashReasonNames } from '../model/crash.ts'
import { crashRouteStatus } from './crash-route-status.ts'
import { tryDurationMs } from './duration.ts'
import { defineKind, type Resource } from './kind.ts'
import { receiverUse } from './receiver-use.ts'
import { byteSize, dnsLabel, duration, labels, listMap, orderedList, patternText, rule, set, text } from './schema.ts'
import { namespaceFilter } from './selector.ts'

/** A namespace's annotation that names its Slack channel, where `channelFromAnnotation` lets it. */
export const channelAnnotation = 'dogwatch.dev/slack-channel'
/** A workload's or pod's annotation that, with the value `off`, keeps its crashes untold, where `optOut` lets it. */
export const optOutAnnotation = 'dogwatch.dev/crash-alerts'

const reason = () => z.enum(crashReasonNames as [CrashReason, ...CrashReason[]])
const receivers = () => listMap(receiverUse, ['name']).max(32)
const glob = () => text(253)

const route = z.object({
  name: dnsLabel().describe('Name of the line, unique in the list; `dogwatch routes explain` shows it.'),
  namespaces: namespaceFilter().optional().describe('The namespaces whose crashes go this way. Absent: all.'),
  receivers: receivers().min(1).describe('Where they go.'),
})

const ignored = rule(
  z.object({
    namespace: glob().optional().describe('The namespace; * stands for any characters.'),
    pod: glob()
      .optional()
      .describe(
        "The pod's name, or the name of a Job that failed as a whole; * stands for any characters, as in load-*.",
      ),
    container: glob().optional().describe("The container's name; * stands for any characters."),
    reason: reason().optional().describe('The reason.'),
    exitCodes: set(z.int().min(0).max(255)).max(64).optional().describe('The exit code is one of these.'),
  }),
  {
    cel: 'has(self.namespace) || has(self.pod) || has(self.container) || has(self.reason) || has(self.exitCodes)',
    holds: (value) => Object.values(value).some((member) => member !== undefined),
    message: 'say what to ignore: set namespace, pod, container, reason or exitCodes',
  },
)

const logs = z.object({
  mode: z
    .enum(['Tail', 'None'])
    .default('Tail')
    .describe('Tail: the end of the log from before the crash. None: no log leaves the cluster, nor is it kept.'),
  tailLines: z.int().min(1).max(5_000).default(200).describe('Lines. How much of the end at most.'),
  maxBytes: byteSize({ min: '1Ki', max: '1Mi' }).default('64Ki').describe('Bytes. How much of the end at most.'),
  redact: set(text(512))
    .max(32)
    .optional()
    .describe(
      'RE2 patterns; what they match is replaced before a log or last word is told or kept. Tokens, passwords, keys, e-mail addresses and card numbers are replaced without being named.',
    ),
})

const grouping = z.object({
  by: z
    .enum(['Workload', 'Pod', 'Namespace'])
    .default('Workload')
    .describe('What makes one incident, and so one message: the crashes of a workload, of a pod, or of a namespace.'),
  wait: duration({ min: '0s', max: '1h' })
    .default('10s')
    .describe('Duration. How long the first message waits for more of its group.'),
  interval: duration({ min: '0s', max: '24h' })
    .default('5m')
    .describe('Duration. How long after a message there is none about more of its group.'),
  repeat: duration({ min: '1m', max: '168h' })
    .default('4h')
    .describe('Duration. How long after it was last told what goes on is told again.'),
  healthyFor: duration({ min: '0s', max: '24h' })
    .default('10m')
    .describe('Duration. How long all has to be well before an incident is over.'),
})

const fields = z.object({
  severity: z.enum(severities).default('warning').describe('Severity of the alerts.'),
  labels: labels().optional().describe('Labels that go into every message, such as team: payments.'),
  runbookURL: patternText(/^https?:\/\/[^\s]+$/, 2_048)
    .optional()
    .describe('What to do when it crashes: an http or https address that goes into every message.'),
  dashboardURL: patternText(/^https?:\/\/[^\s]+$/, 2_048)
    .optional()
    .describe(
      "Where to look further: an http or https address that goes into every message that tells of a single crash: not into that of an incident's end, of what crashed already at the first look, or of a CrashLoopBackOff whose crashes are not told. {{cluster}}, {{namespace}}, {{workload}}, {{pod}}, {{container}}, {{reason}}, {{node}} and {{id}} stand for what it is about.",
    ),
  namespaces: namespaceFilter()
    .optional()
    .describe(
      "Whose pods are watched. Absent: all in the operator's own namespace; elsewhere always the route's own namespace alone.",
    ),
  reasons: set(reason())
    .max(crashReasonNames.length)
    .optional()
    .describe('What is told. Absent or empty: every reason.'),
  ignore: orderedList(ignored)
    .max(256)
    .optional()
    .describe('What is not told: whatever is as one of these says in all that it sets. It is kept in the history.'),
  optOut: z
    .boolean()
    .default(false)
    .describe(
      `True: a pod's annotation ${optOutAnnotation}: "off" keeps its crashes untold; its owner's template can set it.`,
    ),
  unschedulableFor: duration({ min: '10s', max: '24h' })
    .default('5m')
    .describe('Duration. How long a pod has to find no node, or not to get its volumes, before that is told.'),
  logs: logs.prefault({}).describe('Whether the log from before the crash is told and kept, and how much of it.'),
  routes: orderedList(route)
    .max(1_024)
    .optional()
    .describe("Where the crashes of which namespaces go: the first line that matches a pod's namespace counts."),
  receivers: receivers()
    .optional()
    .describe(
      "Where crashes go that no line matches. Absent or empty: the operator's console and an Event on the route.",
    ),
  channelFromAnnotation: z
    .boolean()
    .default(false)
    .describe(
      `True: a namespace's annotation ${channelAnnotation} names the Slack channel of its crashes, as far as the receiver's share.slackChannels allow it.`,
    ),
  grouping: grouping.prefault({}).describe('What makes one message, and when something is said of it.'),
  suspend: z.boolean().default(false).describe('True: nothing is told or kept until it is false again.'),
})

const spec = rule(fields, {
  cel: 'duration(self.grouping.repeat) >= duration(self.grouping.interval)',
  holds: ({ grouping: { repeat, interval } }) => (tryDurationMs(repeat) ?? 0) >= (tryDurationMs(interval) ?? 0),
  message: 'set grouping.repeat to at least grouping.interval',
  fieldPath: '.grouping.repeat',
}).describe('Whose crashes to tell, what to say of them, and whom to tell.')

const ready = '.status.conditions[?(@.type=="Ready")]'

export const crashAlertRoute = defineKind({
  kind: 'CrashAlertRoute',
  plural: 'crashalertroutes',
  singular: 'crashalertroute',
  shortNames: ['crar'],
  description:
    'Says who crashed and why, with the log from before the crash, in the channel of the team that owns the namespace; and says when it is over.',
  spec,
  status: crashRouteStatus,
  columns: [
    { name: 'Ready', type: 'string', jsonPath: `${ready}.status`, description: 'Whether the route is at work.' },
    { name: 'Open', type: 'integer', jsonPath: '.status.open', description: 'Incidents open now.' },
    { name: 'Last Crash', type: 'date', jsonPath: '.status.lastCrash.time', description: 'Time since the last crash.' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made.' },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: `${ready}.reason`,
      description: 'Why it is ready or not.',
      priority: 1,
    },
    { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend', description: 'Whether it rests.', priority: 1 },
  ],
  example: {
    routes: [
      {
        name: 'payments',
        namespaces: { names: ['payments'] },
        receivers: [{ name: 'slack', slack: { channel: '#payments-oncall' } }],
      },
    ],
    receivers: [{ name: 'slack' }],
  },
})

export type CrashAlertRoute = Resource<typeof crashAlertRoute>
export type CrashAlertRouteSpec = CrashAlertRoute['spec']
export type CrashAlertRouteStatus = NonNullable<CrashAlertRoute['status']>
