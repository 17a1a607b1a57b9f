/** What is asked about a crash, and what comes back. Plain data, and the one function that asks. */
import type { ObjectReference } from '../../../model/alert.ts'
import type { CrashLog, CrashReason } from '../../../model/crash.ts'
import type { Redactor } from '../../../model/redaction.ts'
import type { Sighting } from '../sighting.ts'
import type { RunPlace } from './run-place.ts'

/** The pod of a crash, as it was when the crash was seen. */
export interface CrashedPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Absent where it found no node. */
  readonly node?: string
}

/** How much of the end of a log is wanted at most, after redaction. */
export interface LogWish {
  readonly tailLines: number
  readonly maxBytes: number
}

export interface EnrichRequest {
  readonly sighting: Sighting
  /** Absent where a Job as a whole failed. */
  readonly pod?: CrashedPod
  /** Where the log of the run lay when the crash was seen; absent: that has to be asked. */
  readonly seenAt?: Exclude<RunPlace, 'gone'>
  /** Whether the pod is still there as far as is known without asking; absent: that has to be asked. */
  readonly isPodThere?: () => boolean
  /** The owner at the top. */
  readonly workload: ObjectReference
  /** Absent: no log is read, and no last word given that may be the end of one. */
  readonly logs?: LogWish
  readonly redactor: Redactor
}

/** Nothing in it holds a secret that the redactor knows. */
export interface Enrichment {
  readonly log?: CrashLog
  /** The container's last word, if it left one. */
  readonly message?: string
  /** What was found, one line each, the most important first. */
  readonly facts: readonly string[]
  /** What could not be had and why, one line each. */
  readonly missing: readonly string[]
  /** What Events prove and the pod's status can't say; it takes the place of the sighting's own. */
  readonly proven?: Proof
}

export interface Proof {
  readonly reason: CrashReason
  readonly cause: string
  /** Somebody changed the pod, and the kubelet ended the run for that: no crash. */
  readonly isWanted?: boolean
}

export interface Enricher {
  /**
   * Finds out what can be found in time. Rejects with the signal's reason when that is aborted, and for nothing else: what cannot
   * be had is named in `missing`.
   */
  enrich(request: EnrichRequest, signal: AbortSignal): Promise<Enrichment>
}
