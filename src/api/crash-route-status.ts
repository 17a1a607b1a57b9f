/** What a CrashAlertRoute's status tells. */
import { z } from 'zod'
import { maxStatusItems } from './capacity-status.ts'
import { conditions } from './conditions.ts'
import { count, orderedList, timestamp } from './schema.ts'

const name = () => z.string().max(253)

const incident = z.object({
  namespace: z.string().max(63).describe('Namespace of the workload.'),
  kind: z.string().max(63).describe("The workload's kind, such as Deployment."),
  name: name().describe("The workload's name."),
  container: z.string().max(63).optional().describe('The container; absent where the whole pod is in trouble.'),
  reasons: orderedList(z.string().max(63)).max(16).describe('Why, in the order in which the reasons came.'),
  since: timestamp().describe('When it first crashed.'),
  crashes: count().describe('How often it crashed since, as last written here.'),
  lastPod: name().describe('The pod that crashed last.'),
  toldTime: timestamp().optional().describe('When it was first told. Absent: not told yet.'),
})

export type CrashIncidentStatus = z.output<typeof incident>

export const crashRouteStatus = z
  .object({
    observedGeneration: count().optional().describe('The metadata.generation that this status is about.'),
    conditions: conditions().optional().describe('Accepted, ResolvedRefs, Ready and Degraded, each with its reason.'),
    namespaces: count().optional().describe('Namespaces that the route selects.'),
    open: count().optional().describe('Incidents open now.'),
    told: count().optional().describe('How many of them were told.'),
    muted: count().optional().describe('How many of them a Silence, hours or an alert about their node hold back.'),
    incidents: orderedList(incident)
      .max(maxStatusItems)
      .optional()
      .describe(`The incidents open now, the newest first, at most ${maxStatusItems}; open counts all of them.`),
    lastCrash: z
      .object({
        time: timestamp().describe('When it crashed; written at most every five minutes.'),
        namespace: z.string().max(63).describe('Namespace of the pod.'),
        pod: name().describe('The pod.'),
        container: z.string().max(63).optional().describe('The container.'),
        reason: z.string().max(63).describe('Why.'),
      })
      .optional()
      .describe('The last crash that the route selects, told or not.'),
    logsMissing: count().optional().describe('Open incidents whose last log could not be had.'),
  })
  .describe('What the route sees now.')
