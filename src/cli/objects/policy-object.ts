import type { Condition } from '../../api/conditions.ts'

/** What all policies have. */
export interface PolicyObject {
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly spec: { readonly severity?: string; readonly suspend?: boolean }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    /** Alerts that are open; a CrashAlertRoute calls them incidents. */
    readonly firing?: number
    readonly open?: number
    readonly unknown?: number
  }
}
