/** From what was seen and found out to what is kept of a crash. */
import { createHash } from 'node:crypto'
import type { ObjectReference } from '../../model/alert.ts'
import type { CrashLog, CrashRecord } from '../../model/crash.ts'
import type { Sighting } from './sighting.ts'

/** What was found out beside the status of the pod. */
export interface CrashDetails {
  readonly log?: CrashLog
  /** Redacted. */
  readonly message?: string
  readonly facts: readonly string[]
  readonly missing: readonly string[]
}

export interface CrashSurroundings {
  readonly clusterName: string | undefined
  readonly namespace: string
  readonly workload: ObjectReference
  readonly pod: CrashRecord['pod']
  /** Of the pod, or of the Job where there is none. */
  readonly uid: string
  readonly nodeName: string | undefined
  readonly seenMs: number
}

export function crashRecordOf(
  sighting: Sighting,
  { clusterName, namespace, workload, pod, uid, nodeName, seenMs }: CrashSurroundings,
  { log, message, facts, missing }: CrashDetails,
): CrashRecord {
  const { key, message: _unredacted, ...seen } = sighting
  return {
    ...{ id: crashId(uid, key), ...seen, seenMs, namespace, workload, facts, missing },
    ...(clusterName === undefined ? {} : { cluster: clusterName }),
    ...(pod === undefined ? {} : { pod }),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...(message === undefined ? {} : { message }),
    ...(log === undefined ? {} : { log }),
  }
}

const idLength = 20

/** 80 bits in hexadecimal digits: of pod or Job and of what tells its crashes apart. */
export function crashId(uid: string, sightingKey: string): string {
  return createHash('sha256').update(`${uid}\n${sightingKey}`).digest('hex').slice(0, idLength)
}
