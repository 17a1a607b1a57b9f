import { z } from 'zod'
import { crashView } from '../../api/http/crash-views.ts'
import { defineRoute } from '../api-route.ts'
import { type CrashParts, findSeenCrash } from '../crash-source.ts'
import { viewOfCrash } from '../crash-view.ts'

/** One crash, without its log. */
export const showCrash = defineRoute<CrashParts>()({
  method: 'GET',
  path: '/crashes/:id',
  summary: 'One crash: what happened, what was found, what could not be had.',
  rights: 'get pods in its namespace.',
  params: z.strictObject({ id: z.string().min(1).max(64).describe('Of the crash, or the beginning of it.') }),
  answer: crashView,
  needsLeader: false,
  handle: async ({ params }, { parts, access }) => viewOfCrash(await findSeenCrash(parts.crashes, params.id, access)),
})
