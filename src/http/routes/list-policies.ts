import { z } from 'zod'
import { policyKinds } from '../../api/kinds.ts'
import { defineRoute } from '../api-route.ts'
import { policyView, viewOfPolicy } from '../policy-view.ts'
import { listSeenObjects, type ObjectLister } from '../seen-objects.ts'

/** What is watched for. */
export const listPolicies = defineRoute<{ readonly objects: ObjectLister }>()({
  method: 'GET',
  path: '/policies',
  summary: 'Policies, whether they work, and how many of their alerts are open.',
  rights: 'get each policy; others are left out.',
  query: z.strictObject({ namespace: z.string().max(63).optional().describe('Of this namespace. Absent: of all.') }),
  answer: z.object({ policies: z.array(policyView) }),
  needsLeader: false,
  handle: async ({ query }, { parts, access, signal }) => {
    const lists = policyKinds.map(async ({ kind, plural }) => {
      const found = await listSeenObjects(parts.objects, plural, query.namespace, { access, signal })
      return found.map((object) => viewOfPolicy(kind, object))
    })
    return { policies: (await Promise.all(lists)).flat() }
  },
})
