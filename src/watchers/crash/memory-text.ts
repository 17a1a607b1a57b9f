/** What was written down by an earlier process, perhaps of another version: what cannot be read is as if it were not there. */
import { z } from 'zod'
import { type CrashReason, crashReasonNames } from '../../model/crash.ts'
import type { Incident } from './incident.ts'
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

const place = z.object({ podName: z.string().optional(), nodeName: z.string().optional() })

const incident = z.object({
  namespace: z.string(),
  workload: z.object({
    kind: z.string(),
    namespace: z.string().optional(),
    name: z.string(),
    uid: z.string().optional(),
  }),
  container: z.string().optional(),
  reasons: z.array(z.enum(crashReasonNames as [CrashReason, ...CrashReason[]])),
  sinceMs: z.number(),
  lastMs: z.number(),
  crashes: z.number(),
  ids: z.array(z.string()),
  first: place,
  last: place,
  calm: z.object({ kind: z.enum(['well', 'ended', 'gone']), sinceMs: z.number() }).optional(),
  isBaseline: z.boolean().optional(),
})

export function parseMemory(text: string): PodMemory | undefined {
  return read(podMemory, text) as PodMemory | undefined
}

export function parseIncident(text: string): Incident | undefined {
  return read(incident, text) as Incident | undefined
}

/** Names of lines; none where it is not known. */
export function parseLines(text: string | undefined): readonly string[] {
  return (text === undefined ? [] : (read(z.array(z.string()), text) as string[] | undefined)) ?? []
}

function read(schema: z.ZodType, text: string): unknown {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
