/** Which crashes a request asks for. */
import { z } from 'zod'
import { tryLongDurationMs } from '../api/duration.ts'
import { crashReasonNames } from '../model/crash.ts'
import type { CrashFilter } from '../store/crash-history.ts'
import { Problem } from './problem.ts'

const name = () => z.string().min(1).max(253)
const reason = z.enum(crashReasonNames)
const momentPattern =
  /^(?=.)(\d{1,4}d)?(\d{1,4}h)?(\d{1,5}m)?(\d{1,6}s)?$|^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
const moment = () => z.string().max(40).regex(momentPattern, 'write RFC 3339, or how long ago: 24h, 7d')

/** The members of a query that say which. */
export const crashFilterQuery = {
  from: moment().optional().describe('Not before: RFC 3339, or how long ago, as in 24h or 7d.'),
  to: moment().optional().describe('Before: RFC 3339, or how long ago.'),
  namespace: z.string().min(1).max(63).optional().describe('Of this namespace. Absent: of all that you may see.'),
  workload: z
    .string()
    .regex(/^([A-Za-z][A-Za-z0-9]{0,62}\/)?[^/]{1,253}$/, 'write name or kind/name')
    .optional()
    .describe('Of this workload: its name, or kind/name.'),
  pod: name().optional(),
  container: name().optional(),
  node: name().optional(),
  reason: z
    .union([reason, z.array(reason).max(crashReasonNames.length)])
    .optional()
    .describe('May be given several times: any of these.'),
  q: z
    .string()
    .max(1_000)
    .regex(/[\p{L}\p{N}]/u, 'write at least one word')
    .optional()
    .describe(
      'Words that all are in the log, the last word or the cause; "several words" in quotes stand together. Looked for where you may read logs.',
    ),
}

const filterQuery = z.strictObject(crashFilterQuery)

/** All but the namespaces, which the caller's rights decide. */
export function crashFilterOf(asked: z.output<typeof filterQuery>, nowMs: number): Omit<CrashFilter, 'namespaces'> {
  const { from, to, workload, pod, container, node, reason: reasons, q } = asked
  const [fromMs, toMs] = [momentOf('from', from, nowMs), momentOf('to', to, nowMs)]
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new Problem('invalid', 'the query: from is not before to')
  }
  return {
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(workload === undefined ? {} : { workload: workloadOf(workload) }),
    ...(pod === undefined ? {} : { pod }),
    ...(container === undefined ? {} : { container }),
    ...(node === undefined ? {} : { node }),
    ...(reasons === undefined ? {} : { reasons: [reasons].flat() }),
    ...(q === undefined ? {} : { text: q }),
  }
}

function momentOf(member: string, text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined
  const agoMs = tryLongDurationMs(text)
  const atMs = agoMs === undefined ? Date.parse(text) : nowMs - agoMs
  if (Number.isNaN(atMs)) throw new Problem('invalid', `the query: ${member} is no such day or time: ${text}`)
  return atMs
}

function workloadOf(text: string): { kind?: string; name: string } {
  const [first = '', second] = text.split('/')
  return second === undefined ? { name: first } : { kind: first, name: second }
}
