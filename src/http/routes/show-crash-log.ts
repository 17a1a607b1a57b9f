import { z } from 'zod'
import { crashLogView } from '../../api/http/crash-views.ts'
import { plainText } from '../../model/plain-text.ts'
import { defineRoute } from '../api-route.ts'
import { podLogsOf, requireIn } from '../crash-rights.ts'
import { type CrashParts, findSeenCrash } from '../crash-source.ts'
import { Problem } from '../problem.ts'
import { TextDownload } from '../text-download.ts'

/** The log from before one crash. */
export const showCrashLog = defineRoute<CrashParts>()({
  method: 'GET',
  path: '/crashes/:id/logs',
  summary: 'The log from before a crash, as JSON or as a text to download.',
  rights: 'get pods and get pods/log in its namespace.',
  params: z.strictObject({ id: z.string().min(1).max(64).describe('Of the crash, or the beginning of it.') }),
  query: z.strictObject({
    format: z
      .enum(['json', 'text'])
      .default('json')
      .describe('json: as it was written. text: without what a terminal would obey, such as colours.'),
  }),
  answer: crashLogView,
  isAlsoText: true,
  needsLeader: false,
  handle: async ({ params, query }, { parts, access }) => {
    const { id, namespace, log, missing } = await findSeenCrash(parts.crashes, params.id, access)
    await requireIn(access, podLogsOf(namespace))
    if (log === undefined) throw new Problem('notFound', withoutLog(id, missing))
    if (query.format === 'text') return new TextDownload(`crash-${id}.log`, plainText(log.text))
    return { id, text: log.text, isCut: log.isCut }
  },
})

function withoutLog(id: string, missing: readonly string[]): string {
  const why = missing.length === 0 ? 'there was none, or none is wanted' : missing.join('; ')
  return `crash ${id} has no log: ${why}`
}
