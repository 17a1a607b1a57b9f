/** Crashes as the API shows them. */
import { z } from 'zod'
import { containerRoles, crashReasonNames } from '../../model/crash.ts'

const time = () => z.iso.datetime().describe('RFC 3339.')

export const crashView = z.object({
  id: z.string().describe('The same whenever and by whomever this crash is found.'),
  at: time().describe("RFC 3339: when it happened, by the node's clock."),
  seenAt: time().describe('RFC 3339: when the operator saw it.'),
  cluster: z.string().optional(),
  namespace: z.string(),
  workload: z.object({ kind: z.string(), name: z.string() }).describe('What somebody deployed: the owner at the top.'),
  pod: z.object({ name: z.string(), uid: z.string() }).optional().describe('Absent where a Job as a whole failed.'),
  container: z
    .object({
      name: z.string(),
      role: z.enum(containerRoles),
      image: z.string().optional(),
      containerId: z.string().optional(),
    })
    .optional()
    .describe('Absent where the whole pod is in trouble.'),
  node: z.string().optional(),
  reason: z.enum(crashReasonNames),
  cause: z.string().describe('What happened, in one line of words.'),
  exitCode: z.int().optional(),
  signal: z.int().optional(),
  startedAt: time().optional(),
  finishedAt: time().optional(),
  restartCount: z.int().describe('As the kubelet counts.'),
  crashes: z.int().describe('How many this stands for: some come and go between two looks.'),
  message: z.string().optional().describe('What the container itself left as its last word; redacted.'),
  facts: z.array(z.string()).describe('What else was found, the most important first; redacted.'),
  missing: z.array(z.string()).describe('What could not be had, and why.'),
  hasLog: z.boolean(),
  snippet: z.string().optional().describe('Around the first word that was searched for.'),
})

export type CrashView = z.output<typeof crashView>

const unsearched = () =>
  z
    .array(z.string())
    .optional()
    .describe(
      'Namespaces whose crashes you may see and whose logs you may not read: the text was not looked for there.',
    )

export const crashPageView = z.object({
  crashes: z.array(crashView).describe('Newest first.'),
  next: z.string().optional().describe('The cursor of the next page; absent on the last.'),
  unsearched: unsearched(),
})

export const crashLogView = z.object({
  id: z.string().describe('Of the crash.'),
  text: z.string().describe('The end of what the run that crashed wrote; redacted.'),
  isCut: z.boolean().describe('Whether there was more before it.'),
})

export type CrashLogView = z.output<typeof crashLogView>

/** More are not counted out at once. */
export const mostTopRows = 500

export const crashTopRowView = z.object({
  value: z.string().describe('Of what is counted by; of a workload namespace/kind/name.'),
  crashes: z.int(),
  firstAt: time(),
  lastAt: time(),
})

export type CrashTopRowView = z.output<typeof crashTopRowView>

export const crashTopView = z.object({
  by: z.string(),
  rows: z.array(crashTopRowView).describe('Most crashes first.'),
  unsearched: unsearched(),
})
