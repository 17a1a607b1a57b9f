/** What is read alike of every object's JSON. */
import { createHash } from 'node:crypto'
import { optOutAnnotation } from '../../api/crash-alert-route.ts'
import type { Interner } from '../../model/interner.ts'
import type { ConditionObject, MetadataObject } from './pod-object.ts'

/** The controller of an object: who made it, and makes it again. */
export interface OwnerFacts {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

export function ownerOf({ ownerReferences }: MetadataObject, interner: Interner): OwnerFacts | undefined {
  const controller = ownerReferences?.find((reference) => reference.controller === true)
  if (controller === undefined) return undefined
  const { apiVersion = '', kind, name, uid = '' } = controller
  return interner.value(`owner ${uid} ${kind}/${name}`, () => ({ apiVersion, kind, name, uid }))
}

export function isOptedOut(metadata: Pick<MetadataObject, 'annotations'> | null | undefined): boolean {
  return metadata?.annotations?.[optOutAnnotation] === 'off'
}

/** The kubelet's annotations: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-config-mirror */
const mirrorAnnotation = 'kubernetes.io/config.mirror'
const hashAnnotation = 'kubernetes.io/config.hash'

/** Names the file on a node that a pod comes from, in the state that it had then; undefined for all other pods. */
export function mirrorOf({ annotations, namespace = '', name }: MetadataObject): string | undefined {
  const hash = annotations?.[hashAnnotation]
  if (hash === undefined || annotations?.[mirrorAnnotation] === undefined) return undefined
  // Short whatever the names are; and nobody shares one with a pod of another name.
  return createHash('sha256').update(`${namespace}/${name}/${hash}`).digest('hex').slice(0, 32)
}

/**
 * When somebody asked for its deletion: the timestamp says when the time to end in peace is over. 0 where that is known no more,
 * because the last of it, after which the object is gone, sets both anew.
 */
export function deletionBeginMs(metadata: MetadataObject): number | undefined {
  const endMs = timeMs(metadata.deletionTimestamp)
  const graceSeconds = metadata.deletionGracePeriodSeconds ?? 0
  if (endMs === undefined) return undefined
  return graceSeconds === 0 ? 0 : endMs - graceSeconds * 1_000
}

/** Undefined for no time, which Go writes as nothing, and a container that never started as the year 1970. */
export function timeMs(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text === '') return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) || ms <= 0 ? undefined : ms
}

/** The condition of a type with a status. */
export function conditionOf(
  conditions: readonly ConditionObject[] | null | undefined,
  type: string,
  status: 'True' | 'False',
): ConditionObject | undefined {
  return conditions?.find((condition) => condition.type === type && condition.status === status)
}
