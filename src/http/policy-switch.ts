/** Suspending a policy and resuming it: two routes that differ in one word. */
import { capacityPolicy } from '../api/capacity-policy.ts'
import { apiGroup } from '../api/kind.ts'
import type { KubeObject } from '../kube/resource.ts'
import { defineRoute } from './api-route.ts'
import type { ObjectPlace } from './kube-objects.ts'
import { objectParams } from './params.ts'
import { policyView, viewOfPolicy } from './policy-view.ts'

interface Parts {
  readonly changes: {
    /** As it is after the merge patch. */
    merge(at: ObjectPlace, patch: object, signal: AbortSignal): Promise<KubeObject>
  }
}

export function createPolicySwitch(words: { readonly verb: 'suspend' | 'resume'; readonly summary: string }) {
  const { verb, summary } = words
  return defineRoute<Parts>()({
    method: 'POST',
    path: `/namespaces/:namespace/policies/:name/${verb}`,
    summary,
    rights: 'patch the policy.',
    params: objectParams('policy'),
    answer: policyView,
    // Anybody can write to the API server, but one place for all changes is easier to follow.
    needsLeader: true,
    handle: async ({ params }, { parts, access, signal }) => {
      const at = { resource: capacityPolicy.plural, ...params }
      await access.require({ verb: 'patch', group: apiGroup, ...at })
      const patch = { spec: { suspend: verb === 'suspend' } }
      return viewOfPolicy(await parts.changes.merge(at, patch, signal))
    },
  })
}
