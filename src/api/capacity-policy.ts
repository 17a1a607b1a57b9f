/** CapacityPolicy: warn when requests, limits or use cross a threshold, remind, and say when it is over. */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { capacityRule } from './capacity-rule.ts'
import { capacityStatus } from './capacity-status.ts'
import { tryDurationMs } from './duration.ts'
import { defineKind, type Resource } from './kind.ts'
import { receiverUse } from './receiver-use.ts'
import { duration, labels, listMap, patternText, qualifiedKey, rule } from './schema.ts'
import { labelSelector, namespaceFilter } from './selector.ts'

const reminder = z.object({
  every: duration({ min: '5s', max: '168h' })
    .default('30m')
    .describe('Duration. How long after it was last told an open alert is told again. At least interval.'),
  max: z.int().min(1).max(10_000).default(5).describe('Reminders. How many an alert gets at most.'),
})

const fields = z.object({
  severity: z.enum(severities).default('warning').describe('Severity of the alerts of all rules that set none.'),
  labels: labels().optional().describe('Labels that go into every message, such as team: payments.'),
  runbookURL: patternText(/^https?:\/\/[^\s]+$/, 2_048)
    .optional()
    .describe('What to do when it fires: an http or https address that goes into every message.'),
  namespaces: namespaceFilter()
    .optional()
    .describe(
      "Whose pods and quotas count. Absent: all in the operator's own namespace; elsewhere always the policy's own namespace alone.",
    ),
  nodes: z
    .object({ selector: labelSelector().describe("Nodes by the node's labels.") })
    .optional()
    .describe("Which nodes count. Absent: all. Only in the operator's own namespace."),
  pool: z
    .object({ label: qualifiedKey().describe('The node label whose value names the pool, such as node-pool.') })
    .optional()
    .describe("How nodes form pools; scope NodePool needs it. Only in the operator's own namespace."),
  interval: duration({ min: '5s', max: '1h' })
    .default('30s')
    .describe('Duration. A change of the cluster is judged at once, and everything again at this interval.'),
  rules: listMap(capacityRule, ['name']).min(1).max(64).describe('What to warn about. Each rule is judged by itself.'),
  reminder: reminder.optional().describe('Tell open alerts again. Absent: never. reminder: {} takes the defaults.'),
  receivers: listMap(receiverUse, ['name'])
    .max(32)
    .optional()
    .describe("Where alerts go. Absent or empty: the operator's console and an Event on the policy."),
  suspend: z.boolean().default(false).describe('True: nothing is judged or told until it is false again.'),
})

const withPool = rule(fields, {
  cel: "has(self.pool) || !self.rules.exists(r, r.scope == 'NodePool')",
  holds: ({ pool, rules }) => pool !== undefined || rules.every(({ scope }) => scope !== 'NodePool'),
  message: 'set pool.label to the node label that names a pool: a rule has scope NodePool',
  fieldPath: '.pool',
})

const spec = rule(withPool, {
  cel: '!has(self.reminder) || duration(self.reminder.every) >= duration(self.interval)',
  holds: ({ reminder: told, interval }) =>
    told === undefined || (tryDurationMs(told.every) ?? 0) >= (tryDurationMs(interval) ?? 0),
  message: 'set reminder.every to at least interval',
  fieldPath: '.reminder.every',
}).describe('What to watch, when to warn, and whom to tell.')

const ready = '.status.conditions[?(@.type=="Ready")]'

export const capacityPolicy = defineKind({
  kind: 'CapacityPolicy',
  plural: 'capacitypolicies',
  singular: 'capacitypolicy',
  shortNames: ['capp'],
  description:
    'Warns when requests, limits or use of nodes, pods, namespaces, node pools or the cluster cross a threshold, reminds, and says when it is over.',
  spec,
  status: capacityStatus,
  columns: [
    { name: 'Ready', type: 'string', jsonPath: `${ready}.status`, description: 'Whether the policy is at work.' },
    { name: 'Severity', type: 'string', jsonPath: '.spec.severity', description: 'Severity of its alerts.' },
    { name: 'Firing', type: 'integer', jsonPath: '.status.firing', description: 'Alerts open now.' },
    { name: 'Unknown', type: 'integer', jsonPath: '.status.unknown', description: 'Numbers that cannot be had.' },
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
    rules: [{ name: 'node-cpu', scope: 'Node', resource: 'cpu', measure: 'Requests', above: 80, clear: 75, for: '5m' }],
    reminder: { every: '30m', max: 5 },
    receivers: [{ name: 'console' }],
  },
})

export type CapacityPolicy = Resource<typeof capacityPolicy>
export type CapacityPolicySpec = CapacityPolicy['spec']
export type CapacityPolicyStatus = NonNullable<CapacityPolicy['status']>
export type { CapacityMeasure, CapacityRule, CapacityScope } from './capacity-rule.ts'
export type { CapacityAlert } from './capacity-status.ts'
