/** The parts of a Pod's JSON that are looked at after a crash; everything may be absent, as in any JSON from outside. */
import type { ResourceTexts } from '../../../model/resource-list.ts'
import type * as watched from '../pod-object.ts'

export type ContainerStatusObject = watched.ContainerStatusObject

export interface ContainerObject extends watched.ContainerObject {
  /** Of a failed container without a message of its own, FallbackToLogsOnError makes the end of its log the message. */
  readonly terminationMessagePolicy?: string
  readonly restartPolicyRules?: readonly unknown[] | null
  readonly lifecycle?: { readonly postStart?: object | null } | null
  readonly resources?: { readonly requests?: ResourceTexts | null; readonly limits?: ResourceTexts | null } | null
}

/** Who set which fields, and when they last set any of them. */
export interface ManagedFieldsObject {
  readonly time?: string
  readonly fieldsV1?: {
    readonly 'f:spec'?: { readonly 'f:containers'?: FieldsOfNames; readonly 'f:initContainers'?: FieldsOfNames }
  }
}

type FieldsOfNames = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface PodObject extends watched.PodObject {
  readonly metadata: watched.MetadataObject & {
    /** How often its spec was changed, and once for its making. */
    readonly generation?: number
    readonly managedFields?: readonly ManagedFieldsObject[] | null
  }
  readonly spec?: watched.PodObject['spec'] & {
    readonly terminationGracePeriodSeconds?: number | null
    readonly containers?: readonly ContainerObject[] | null
    readonly initContainers?: readonly ContainerObject[] | null
  }
}

export function containerOf({ spec }: PodObject, name: string): ContainerObject | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find((container) => container.name === name)
}

/** Whether the kubelet ends a container of that name when what is to run right after its start fails. */
export function hasStartHook(pod: PodObject, name: string): boolean {
  return (containerOf(pod, name)?.lifecycle?.postStart ?? undefined) !== undefined
}

/** Whether no container of that name ever runs again in this pod. */
export function isNeverRunAgain(pod: PodObject, name: string): boolean {
  const { spec } = pod
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  // A rule of one container can have all of them started again.
  const hasRules = all.some(({ restartPolicyRules }) => (restartPolicyRules ?? []).length > 0)
  return spec?.restartPolicy === 'Never' && !hasRules && containerOf(pod, name)?.restartPolicy === undefined
}

export function statusOf({ status }: PodObject, name: string): ContainerStatusObject | undefined {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return all.find((container) => container.name === name)
}
