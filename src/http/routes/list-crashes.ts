import { z } from 'zod'
import { crashPageView } from '../../api/http/crash-views.ts'
import { defineRoute } from '../api-route.ts'
import { crashFilterOf, crashFilterQuery } from '../crash-query.ts'
import { namespacesToSearch } from '../crash-rights.ts'
import type { CrashParts } from '../crash-source.ts'
import { viewOfSummary } from '../crash-view.ts'
import { cursorOf, placeOf } from '../cursor.ts'

/** Crashes that the caller may see, a page at a time. */
export const listCrashes = defineRoute<CrashParts>()({
  method: 'GET',
  path: '/crashes',
  summary: 'Crashes, newest first; with words, those whose log has them.',
  rights: 'get pods in the namespace of each; with q: get pods/log there, too. Others are left out.',
  query: z.strictObject({
    ...crashFilterQuery,
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('Crashes on a page.'),
    cursor: z.string().max(200).optional().describe('`next` of the page before, to get the one after it.'),
  }),
  answer: crashPageView,
  needsLeader: false,
  handle: async ({ query: { limit, cursor, ...asked } }, { parts: { crashes }, access, nowMs }) => {
    const filter = crashFilterOf(asked, nowMs)
    const after = cursor === undefined ? {} : { after: placeOf(cursor) }
    const request = { namespace: asked.namespace, searchesText: asked.q !== undefined }
    const { namespaces, unsearched } = await namespacesToSearch(crashes, access, request)
    const seen = namespaces === undefined ? {} : { namespaces }
    const found = await crashes.find({ ...filter, ...seen, ...after, limit: limit + 1 })
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    return {
      crashes: shown.map(viewOfSummary),
      ...(found.length > limit && last !== undefined ? { next: cursorOf(last) } : {}),
      ...(unsearched.length === 0 ? {} : { unsearched: [...unsearched] }),
    }
  },
})
