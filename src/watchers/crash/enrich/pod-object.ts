/** The parts of a Pod's JSON that are looked at after a crash; everything may be absent, as in any JSON from outside. */
import type { ResourceTexts } from '../../../model/resource-list.ts'

export interface TerminatedObject {
  readonly exitCode?: number
  readonly signal?: number
  readonly reason?: string
  readonly startedAt?: string | null
  readonly finishedAt?: string | null
  readonly containerID?: string
}

export interface ContainerStateObject {
  readonly terminated?: TerminatedObject | null
  readonly running?: { readonly startedAt?: string | null } | null
  readonly waiting?: { readonly reason?: string } | null
}

export interface ContainerStatusObject {
  readonly name: string
  readonly restartCount?: number
  readonly state?: ContainerStateObject | null
  readonly lastState?: ContainerStateObject | null
}

export interface ContainerObject {
  readonly name: string
  readonly image?: string
  readonly resources?: { readonly requests?: ResourceTexts | null; readonly limits?: ResourceTexts | null } | null
  readonly livenessProbe?: object | null
  readonly startupProbe?: object | null
}

export interface PodObject {
  readonly metadata: {
    readonly name: string
    readonly uid?: string
    readonly labels?: Readonly<Record<string, string>> | null
    readonly ownerReferences?: readonly {
      readonly kind: string
      readonly name: string
      readonly uid?: string
      readonly controller?: boolean
    }[]
  }
  readonly spec?: {
    readonly containers?: readonly ContainerObject[] | null
    readonly initContainers?: readonly ContainerObject[] | null
  }
  readonly status?: {
    readonly containerStatuses?: readonly ContainerStatusObject[] | null
    readonly initContainerStatuses?: readonly ContainerStatusObject[] | null
  }
}

export function containerOf({ spec }: PodObject, name: string): ContainerObject | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find((container) => container.name === name)
}

export function statusOf({ status }: PodObject, name: string): ContainerStatusObject | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return all.find((container) => container.name === name)
}
