/** One rule of a CapacityPolicy: which number of which objects, and where it becomes worth telling. */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { dnsLabel, duration, qualifiedKey, rule } from './schema.ts'

export const capacityScopes = ['Node', 'Pod', 'Namespace', 'NodePool', 'Cluster'] as const
export type CapacityScope = (typeof capacityScopes)[number]

export const capacityMeasures = ['Requests', 'Limits', 'Utilization', 'Quota', 'Survive'] as const
export type CapacityMeasure = (typeof capacityMeasures)[number]

const fields = z.object({
  name: dnsLabel().describe('Name of the rule, unique in the policy; it is part of every message.'),
  scope: z
    .enum(capacityScopes)
    .describe('What is measured: each Node, Pod, Namespace or NodePool by itself, or the Cluster as one.'),
  resource: qualifiedKey()
    .optional()
    .describe(
      "The resource: cpu, memory, ephemeral-storage, pods, hugepages-2Mi, or an extended one such as nvidia.com/gpu; with Quota, the quota's own name for it, such as requests.cpu. Absent: with Quota each resource of the quota, with Survive each resource that pods request.",
    ),
  measure: z
    .enum(capacityMeasures)
    .describe(
      'Requests, Limits: what pods declare. Utilization: what they use, by the metrics API. Quota: what is used of a ResourceQuota. Survive: whether all requests still fit when the largest nodes are gone.',
    ),
  above: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Percent. The rule warns when the number is greater than this; equal is not. Requests and Limits can pass 100.',
    ),
  clear: z
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe('Percent. A warning is over when the number is this or less. Absent: the same as above.'),
  for: duration({ min: '0s', max: '24h' })
    .default('0s')
    .describe('Duration, such as 5m. How long the number has to stay above before the rule warns.'),
  severity: z.enum(severities).optional().describe("Severity of this rule's warnings. Absent: the policy's."),
  nodes: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('Nodes. With Survive: how many of the largest nodes may be lost. Absent: 1.'),
})

type Fields = z.output<typeof fields>

const conditions = [
  {
    cel: "has(self.resource) || self.measure in ['Quota', 'Survive']",
    holds: ({ resource, measure }: Fields) => resource !== undefined || measure === 'Quota' || measure === 'Survive',
    message: 'set resource, for example cpu or memory: only Quota and Survive do without',
    fieldPath: '.resource',
  },
  {
    cel: "self.measure != 'Utilization' || !has(self.resource) || self.resource in ['cpu', 'memory']",
    holds: ({ resource, measure }: Fields) =>
      measure !== 'Utilization' || resource === undefined || resource === 'cpu' || resource === 'memory',
    message: 'with Utilization set resource to cpu or memory: the metrics API knows no other',
    fieldPath: '.resource',
  },
  {
    cel: "self.measure != 'Limits' || !has(self.resource) || self.resource != 'pods'",
    holds: ({ resource, measure }: Fields) => measure !== 'Limits' || resource !== 'pods',
    message: 'use measure Requests to count pods: a number of pods has no limits',
    fieldPath: '.measure',
  },
  {
    cel: "has(self.above) != (self.measure == 'Survive')",
    holds: ({ above, measure }: Fields) => (above !== undefined) !== (measure === 'Survive'),
    message: 'set above to a percent; leave it out with Survive, where requests fit or do not',
    fieldPath: '.above',
  },
  {
    cel: '!has(self.clear) || (has(self.above) && self.clear <= self.above)',
    holds: ({ above, clear }: Fields) => clear === undefined || (above !== undefined && clear <= above),
    message: 'set clear to at most the value of above; leave it out where there is no above',
    fieldPath: '.clear',
  },
  {
    cel: "self.measure != 'Quota' || self.scope == 'Namespace'",
    holds: ({ measure, scope }: Fields) => measure !== 'Quota' || scope === 'Namespace',
    message: 'with Quota set scope to Namespace: only namespaces have quotas',
    fieldPath: '.scope',
  },
  {
    cel: "self.measure != 'Survive' || self.scope in ['NodePool', 'Cluster']",
    holds: ({ measure, scope }: Fields) => measure !== 'Survive' || scope === 'NodePool' || scope === 'Cluster',
    message: 'with Survive set scope to NodePool or Cluster: only a group of nodes can lose one',
    fieldPath: '.scope',
  },
  {
    cel: "!has(self.nodes) || self.measure == 'Survive'",
    holds: ({ nodes, measure }: Fields) => nodes === undefined || measure === 'Survive',
    message: 'leave nodes out: it counts lost nodes, which only Survive does',
    fieldPath: '.nodes',
  },
]

export const capacityRule = conditions.reduce(rule, fields)

/** A rule as the API server stores it. Where `clear` is absent it equals `above`; where `nodes` is, it is 1. */
export type CapacityRule = Fields
