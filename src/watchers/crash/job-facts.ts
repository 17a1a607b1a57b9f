/** What is kept of a Job: whose it is, and how it went. */
import { Interner } from '../../model/interner.ts'
import { conditionOf, deletionBeginMs, isOptedOut, type OwnerFacts, ownerOf, timeMs } from './object-facts.ts'
import type { JobObject } from './pod-object.ts'

export interface JobFacts {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Its CronJob, or whatever made it. */
  readonly owner: OwnerFacts | undefined
  /** It says so itself, or by the template of its pods. */
  readonly isOptedOut: boolean
  readonly isDeleting: boolean
  /** It came to its end well. */
  readonly isComplete: boolean
  readonly startedMs: number | undefined
  /** It gave up, and why. */
  readonly failure: JobFailure | undefined
}

export interface JobFailure {
  readonly reason: string
  readonly message: string | undefined
  readonly atMs: number | undefined
}

/** A function from a Job's JSON to its facts. It never throws for what the API server lets in. */
export function createJobProjection(interner: Interner = new Interner()): (job: JobObject) => JobFacts {
  return ({ metadata, spec, status }) => {
    const failed = conditionOf(status?.conditions, 'Failed', 'True')
    return {
      namespace: interner.text(metadata.namespace ?? ''),
      name: metadata.name,
      uid: metadata.uid ?? '',
      owner: ownerOf(metadata, interner),
      isOptedOut: isOptedOut(metadata) || isOptedOut(spec?.template?.metadata),
      isDeleting: deletionBeginMs(metadata) !== undefined,
      isComplete: conditionOf(status?.conditions, 'Complete', 'True') !== undefined,
      startedMs: timeMs(status?.startTime),
      failure: failed && {
        reason: failed.reason ?? '',
        message: failed.message || undefined,
        atMs: timeMs(failed.lastTransitionTime),
      },
    }
  }
}
