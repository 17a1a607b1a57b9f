/** Suspending a policy and resuming it: two routes that differ in one word. */
import { z } from 'zod'
import { capacityPolicy } from '../api/capacity-policy.ts'
import { apiGroup } from '../api/kind.ts'
import { policyKinds } from '../api/kinds.ts'
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

const kindNames = policyKinds.map(({ kind }) => kind) as [string, ...string[]]
const policyQuery = z.strictObject({
  kind: z
    .enum(kindNames)
    .default(capacityPolicy.kind)
    .describe('The kind of policy: two of different kinds may share a name.'),
})

export function createPolicySwitch(words: { readonly verb: 'suspend' | 'resume'; readonly summary: string }) {
  const { verb, summary } = words
  return defineRoute<Parts>()({
    method: 'POST',
    path: `/namespaces/:namespace/policies/:name/${verb}`,
    summary,
    rights: 'patch the policy.',
    params: objectParams('policy'),
    query: policyQuery,
    answer: policyView,
    // Anybody can write to the API server, but one place for all changes is easier to follow.
    needsLeader: true,
    handle: async ({ params, query }, { parts, access, signal }) => {
      const { kind, plural } = policyKinds.find((one) => one.kind === query.kind) ?? capacityPolicy
      const at = { resource: plural, ...params }
      await access.require({ verb: 'patch', group: apiGroup, ...at })
      const patch = { spec: { suspend: verb === 'suspend' } }
      return viewOfPolicy(kind, await parts.changes.merge(at, patch, signal))
    },
  })
}
