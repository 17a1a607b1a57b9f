/**
 * What a CapacityPolicy's status tells, and what a restarted operator reads from it: an alert that is listed with
 * `toldTime` is not told again.
 */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { conditions } from './conditions.ts'
import { count, orderedList, timestamp } from './schema.ts'

/** No list in a status is longer than this; counts beside it say how many there are in truth. */
export const maxStatusItems = 50

const objectReference = z.object({
  kind: z.string().max(63).describe('Node, Pod, Namespace, NodePool or Cluster.'),
  namespace: z.string().max(63).optional().describe('Namespace of a pod.'),
  name: z.string().max(253).describe("The object's name; for a pool the value of its node label."),
  uid: z.string().max(128).optional().describe('Tells an object from an earlier one of the same name.'),
})

const capacityAlert = z.object({
  rule: z.string().max(63).describe('Name of the rule.'),
  object: objectReference.describe('What the alert is about.'),
  resource: z.string().max(317).describe('The resource that is short.'),
  quota: z.string().max(253).optional().describe('With Quota: the ResourceQuota.'),
  severity: z.enum(severities).describe('Severity of the alert.'),
  since: timestamp().describe('When the number first went above the threshold.'),
  value: z.string().max(128).describe('The number when the alert was last written here, such as 93.1%.'),
  threshold: z.string().max(128).describe('What it was compared with, such as 80%.'),
  toldTime: timestamp().optional().describe('When it was first told. Absent: not told yet.'),
  reminders: count().optional().describe('How many reminders followed.'),
  lastToldTime: timestamp().optional().describe('When it was last told, reminders included.'),
})

export type CapacityAlert = z.output<typeof capacityAlert>

export const capacityStatus = z
  .object({
    observedGeneration: count().optional().describe('The metadata.generation that this status is about.'),
    conditions: conditions().optional().describe('Accepted, ResolvedRefs, Ready and Degraded, each with its reason.'),
    objectsWatched: z
      .object({
        nodes: count().describe('Nodes that count.'),
        pods: count().describe('Pods that count.'),
        namespaces: count().describe('Namespaces that count.'),
      })
      .optional()
      .describe('How much the policy selects.'),
    firing: count().optional().describe('Alerts open now.'),
    unknown: count()
      .optional()
      .describe('Numbers that cannot be had now: a sample is missing or old, or there is nothing to compare with.'),
    alerts: orderedList(capacityAlert)
      .max(maxStatusItems)
      .optional()
      .describe(`The alerts open now, at most ${maxStatusItems}; firing counts all of them.`),
    lastEvaluationTime: timestamp()
      .optional()
      .describe('When the policy was last judged; written at most every five minutes.'),
  })
  .describe('What the policy sees now.')
