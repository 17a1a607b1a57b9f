/** The parts of a Node's JSON that say how it fares; everything may be absent, as in any JSON from outside. */
import type { ConditionObject } from '../pod-object.ts'

export interface NodeObject {
  readonly spec?: { readonly unschedulable?: boolean }
  readonly status?: { readonly conditions?: readonly ConditionObject[] | null }
}

/** Without what is large in a node, such as its images. */
export function leanNode({ spec, status }: NodeObject): NodeObject {
  return { spec: { unschedulable: spec?.unschedulable === true }, status: { conditions: status?.conditions ?? [] } }
}
