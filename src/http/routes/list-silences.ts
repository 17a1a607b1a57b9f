import { z } from 'zod'
import { silence } from '../../api/silence.ts'
import { defineRoute } from '../api-route.ts'
import { listSeenObjects, type ObjectLister } from '../seen-objects.ts'
import { silenceView, viewOfSilence } from '../silence-view.ts'

/** What is kept quiet, and until when. */
export const listSilences = defineRoute<{ readonly objects: ObjectLister }>()({
  method: 'GET',
  path: '/silences',
  summary: 'Silences, what they mute now, and when they end.',
  rights: 'get each Silence; others are left out.',
  query: z.strictObject({ namespace: z.string().max(63).optional().describe('Of this namespace. Absent: of all.') }),
  answer: z.object({ silences: z.array(silenceView) }),
  needsLeader: false,
  handle: async ({ query }, { parts, access, signal }) => {
    const found = await listSeenObjects(parts.objects, silence.plural, query.namespace, { access, signal })
    return { silences: found.map(viewOfSilence) }
  },
})
