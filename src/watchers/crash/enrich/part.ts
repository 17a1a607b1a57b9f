/** What a part of the enrichment is given and gives. Each part asks for one kind of thing and knows no other part. */
import type { Clock } from '../../../base/clock.ts'
import type { KubeClient } from '../../../kube/client.ts'
import type { CrashLog } from '../../../model/crash.ts'
import type { EnrichRequest, Proof } from './enrichment.ts'
import type { PodObject } from './pod-object.ts'

export interface PartContext extends EnrichRequest {
  readonly client: KubeClient
  readonly clock: Clock
  /** The pod as it is now, asked for once by all parts; rejects where it can't be had, with GonePodError where it is no more. */
  readonly podNow: () => Promise<PodObject>
}

export interface Found {
  readonly log?: CrashLog
  readonly facts?: readonly string[]
  readonly missing?: readonly string[]
  readonly proven?: Proof
}

export interface EnrichPart {
  /** What it finds, as in `no events: ...`. */
  readonly what: string
  readonly withinMs: number
  /** Whether there is anything for it to find. */
  isFor(request: EnrichRequest): boolean
  /** A rejection is named as missing, with its text. */
  find(context: PartContext, signal: AbortSignal): Promise<Found>
}
