/** The parts of a pod template that are compared from one revision of a workload to the next. */
import type { ResourceTexts } from '../../../model/resource-list.ts'

export interface TemplateContainer {
  readonly name: string
  readonly image?: string
  readonly command?: readonly string[] | null
  readonly args?: readonly string[] | null
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[] | null
  readonly resources?: { readonly requests?: ResourceTexts | null; readonly limits?: ResourceTexts | null } | null
  readonly [field: string]: unknown
}

export interface TemplateObject {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | null } | null
  readonly spec?: {
    readonly containers?: readonly TemplateContainer[] | null
    readonly initContainers?: readonly TemplateContainer[] | null
    readonly [field: string]: unknown
  }
}

/** One revision of a workload: a ReplicaSet of a Deployment, a ControllerRevision of a StatefulSet or DaemonSet. */
export interface Revision {
  readonly name: string
  /** Counts up; one that is gone back to gets a new number. */
  readonly number: number
  readonly madeMs: number | undefined
  /** It was made earlier, and is used again. */
  readonly isUsedAgain: boolean
  /** Pods of it serve now. */
  readonly isServing: boolean
  readonly template: TemplateObject
}
