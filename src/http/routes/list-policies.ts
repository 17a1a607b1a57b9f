import { z } from 'zod'
import { capacityPolicy } from '../../api/capacity-policy.ts'
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
    const found = await listSeenObjects(parts.objects, capacityPolicy.plural, query.namespace, { access, signal })
    return { policies: found.map(viewOfPolicy) }
  },
})
