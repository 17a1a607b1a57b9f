/** Why a number is what it is: of a pod the steps that make it, of anything larger the parts that it is the sum of. */
import type { ResourceList } from '../../model/resource-list.ts'
import type { PodAmounts } from '../../watchers/capacity/pod-facts.ts'
import type { Derivation } from './pod-steps.ts'

export interface PodExplanation {
  readonly kind: 'Pod'
  readonly namespace: string
  readonly name: string
  readonly node?: string
  /** Of its node; absent where that is not known. */
  readonly allocatable?: ResourceList
  readonly derivations: readonly Derivation[]
  /** Why it counts nowhere, or in which way it is unusual. */
  readonly notes: readonly string[]
}

export interface Part extends PodAmounts {
  readonly name: string
  readonly unlimited: ReadonlyMap<string, number>
  /** What makes it count otherwise than a reader of its containers would expect; '' where nothing does. */
  readonly why: string
}

export interface SumExplanation {
  readonly kind: 'Node' | 'Namespace' | 'NodePool' | 'Cluster'
  readonly name: string
  readonly partKind: 'pod' | 'node'
  readonly parts: readonly Part[]
  readonly sum: PodAmounts & { readonly unlimited: ReadonlyMap<string, number> }
  readonly allocatable?: ResourceList
  readonly notes: readonly string[]
}

export type Explanation = PodExplanation | SumExplanation
