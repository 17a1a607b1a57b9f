/** What the API shows of every object of Dogwatch's: where it is, and whether it works. */
import { z } from 'zod'
import type { Condition } from '../api/conditions.ts'
import type { KubeObject } from '../kube/resource.ts'

export const objectView = z.object({
  namespace: z.string(),
  name: z.string(),
  ready: z.enum(['True', 'False', 'Unknown']).describe('Whether it works; Unknown: nobody has looked at it yet.'),
  reason: z.string().describe('Why, in one word.'),
  message: z.string().describe('Why, in words.'),
})

export type ObjectView = z.output<typeof objectView>

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
