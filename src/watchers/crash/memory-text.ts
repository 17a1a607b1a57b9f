/** What was written down by an earlier process, perhaps of another version: what cannot be read is as if it were not there. */
import { z } from 'zod'
import { type CrashReason, containerRoles, crashReasonNames } from '../../model/crash.ts'
import type { RememberedIncident } from './remembered-incident.ts'
import type { PodMemory } from './sighting.ts'

const runMemory = z.object({
  ended: z.number(),
  containerId: z.string().optional(),
  finishedMs: z.number().optional(),
})

const podMemory = z.object({
  containers: z.record(z.string(), runMemory),
  seen: z.array(z.string()).optional(),
  goneMs: z.number().optional(),
})

const place = z.object({
  podName: z.string().optional(),
  nodeName: z.string().optional(),
  jobName: z.string().optional(),
})

const workload = z.object({
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  uid: z.string().optional(),
})

const reason = z.enum(crashReasonNames as [CrashReason, ...CrashReason[]])

const record = z.object({
  id: z.string(),
  atMs: z.number(),
  seenMs: z.number(),
  cluster: z.string().optional(),
  namespace: z.string(),
  workload,
  pod: z.object({ name: z.string(), uid: z.string() }).optional(),
  container: z
    .object({
      name: z.string(),
      role: z.enum(containerRoles),
      image: z.string().optional(),
      containerId: z.string().optional(),
    })
    .optional(),
  node: z.string().optional(),
  reason,
  cause: z.string(),
  exitCode: z.number().optional(),
  signal: z.number().optional(),
  startedMs: z.number().optional(),
  finishedMs: z.number().optional(),
  restartCount: z.number(),
  crashes: z.number(),
  message: z.string().optional(),
  facts: z.array(z.string()),
  missing: z.array(z.string()),
})

const incident = z.object({
  namespace: z.string(),
  workload,
  container: z.string().optional(),
  reasons: z.array(reason),
  sinceMs: z.number(),
  lastMs: z.number(),
  crashes: z.number(),
  ids: z.array(z.string()),
  first: place,
  last: place,
  calm: z.object({ kind: z.enum(['well', 'ended', 'gone']), sinceMs: z.number() }).optional(),
  isBaseline: z.boolean().optional(),
  // The incident counts also where nothing is known of its last crash.
  crash: z.object({ record, lacksLog: z.boolean() }).optional().catch(undefined),
})

export function parseMemory(text: string): PodMemory | undefined {
  return read(podMemory, text) as PodMemory | undefined
}

export function parseIncident(text: string): RememberedIncident | undefined {
  const known = read(incident, text) as (RememberedIncident['incident'] & RememberedIncident) | undefined
  if (known === undefined) return undefined
  const { crash, ...rest } = known
  return { incident: rest, ...(crash === undefined ? {} : { crash }) }
}

/** Names of lines; none where it cannot be read. */
export function parseLines(text: string): readonly string[] {
  return (read(z.array(z.string()), text) as string[] | undefined) ?? []
}

function read(schema: z.ZodType, text: string): unknown {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
