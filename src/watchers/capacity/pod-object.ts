/** The parts of a Pod's JSON that capacity looks at; everything may be absent, as in any JSON from outside. */
import type { ResourceTexts } from '../../model/resource-list.ts'

export interface ResourceRequirementsObject {
  readonly requests?: ResourceTexts | null
  readonly limits?: ResourceTexts | null
}

export interface ContainerObject {
  readonly name: string
  readonly restartPolicy?: string
  readonly resources?: ResourceRequirementsObject | null
}

export interface ContainerStatusObject {
  readonly name: string
  readonly resources?: ResourceRequirementsObject | null
  readonly allocatedResources?: ResourceTexts | null
}

export interface OwnerReferenceObject {
  readonly kind: string
  readonly name: string
  readonly controller?: boolean
}

export interface PodObject {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly OwnerReferenceObject[] | null
    readonly deletionTimestamp?: string | null
  }
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly ContainerObject[] | null
    readonly initContainers?: readonly ContainerObject[] | null
    readonly overhead?: ResourceTexts | null
    readonly resources?: ResourceRequirementsObject | null
  }
  readonly status?: {
    readonly phase?: string
    readonly containerStatuses?: readonly ContainerStatusObject[] | null
    readonly initContainerStatuses?: readonly ContainerStatusObject[] | null
    readonly conditions?: readonly { readonly type: string; readonly reason?: string }[] | null
  }
}
