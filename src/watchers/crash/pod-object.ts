/** The parts of a Pod's JSON that say how its containers fare; everything may be absent, as in any JSON from outside. */

export interface ContainerObject {
  readonly name: string
  readonly image?: string
  readonly restartPolicy?: string
}

export interface TerminatedObject {
  readonly exitCode?: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string | null
  readonly finishedAt?: string | null
  readonly containerID?: string
}

export interface ContainerStateObject {
  readonly waiting?: { readonly reason?: string; readonly message?: string } | null
  readonly running?: { readonly startedAt?: string | null } | null
  readonly terminated?: TerminatedObject | null
}

export interface ContainerStatusObject {
  readonly name: string
  readonly state?: ContainerStateObject | null
  readonly lastState?: ContainerStateObject | null
  readonly ready?: boolean
  readonly restartCount?: number
}

export interface ConditionObject {
  readonly type: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string | null
}

export interface OwnerReferenceObject {
  readonly apiVersion?: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
  readonly controller?: boolean
}

export interface MetadataObject {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReferenceObject[] | null
  readonly creationTimestamp?: string | null
  readonly deletionTimestamp?: string | null
  readonly deletionGracePeriodSeconds?: number | null
}

export interface PodObject {
  readonly metadata: MetadataObject
  readonly spec?: {
    readonly nodeName?: string
    readonly restartPolicy?: string
    readonly activeDeadlineSeconds?: number | null
    readonly containers?: readonly ContainerObject[] | null
    readonly initContainers?: readonly ContainerObject[] | null
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string | null
    readonly conditions?: readonly ConditionObject[] | null
    readonly containerStatuses?: readonly ContainerStatusObject[] | null
    readonly initContainerStatuses?: readonly ContainerStatusObject[] | null
  }
}

export interface JobObject {
  readonly metadata: MetadataObject
  readonly spec?: { readonly template?: { readonly metadata?: Pick<MetadataObject, 'annotations'> | null } }
  readonly status?: {
    readonly startTime?: string | null
    readonly conditions?: readonly ConditionObject[] | null
  }
}
