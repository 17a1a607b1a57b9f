import { z } from 'zod'
import { crashTopView, mostTopRows } from '../../api/http/crash-views.ts'
import { crashTopKeys } from '../../store/crash-history.ts'
import { timeOf } from '../alert-view.ts'
import { defineRoute } from '../api-route.ts'
import { crashFilterOf, crashFilterQuery } from '../crash-query.ts'
import { namespacesToSearch } from '../crash-rights.ts'
import type { CrashParts } from '../crash-source.ts'

/** What crashes most, of what the caller may see. */
export const topCrashes = defineRoute<CrashParts>()({
  method: 'GET',
  path: '/crashes/top',
  summary: 'What crashes most.',
  rights: 'get pods in the namespace of each crash that is counted; with q: get pods/log there, too.',
  query: z.strictObject({
    by: z.enum(crashTopKeys).default('workload').describe('What is counted by.'),
    ...crashFilterQuery,
    limit: z.coerce.number().int().min(1).max(mostTopRows).default(20).describe('Rows.'),
  }),
  answer: crashTopView,
  needsLeader: false,
  handle: async ({ query: { by, limit, ...asked } }, { parts: { crashes }, access, nowMs }) => {
    const filter = crashFilterOf(asked, nowMs)
    const request = { namespace: asked.namespace, searchesText: asked.q !== undefined }
    const { namespaces, unsearched } = await namespacesToSearch(crashes, access, request)
    const rows = await crashes.top(by, { ...filter, ...(namespaces === undefined ? {} : { namespaces }) }, limit)
    return {
      by,
      rows: rows.map(({ value, crashes: count, firstMs, lastMs }) => ({
        ...{ value, crashes: count, firstAt: timeOf(firstMs), lastAt: timeOf(lastMs) },
      })),
      ...(unsearched.length === 0 ? {} : { unsearched: [...unsearched] }),
    }
  },
})
