/** What the API shows of every object of Dogwatch's: where it is, and whether it works. */
import type { Condition } from '../api/conditions.ts'
import type { ObjectView } from '../api/http/object-views.ts'
import type { KubeObject } from '../kube/resource.ts'

export function viewOfObject({ metadata, status }: KubeObject): ObjectView {
  const { conditions = [] } = (status ?? {}) as { readonly conditions?: readonly Condition[] }
  const ready = conditions.find(({ type }) => type === 'Ready')
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    ready: ready?.status ?? 'Unknown',
    reason: ready?.reason ?? 'NotSeen',
    message: ready?.message ?? 'The operator has not looked at it yet',
  }
}
