/** The kinds that are policies. A new one is one line here. */
import { capacityPolicy } from '../../api/capacity-policy.ts'
import type { Condition } from '../../api/conditions.ts'
import type { Kind } from '../../api/kind.ts'

export const policyKinds: readonly Kind[] = [capacityPolicy]

/** What all policies have. */
export interface PolicyObject {
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly spec: { readonly severity?: string; readonly suspend?: boolean }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly firing?: number
    readonly unknown?: number
  }
}
