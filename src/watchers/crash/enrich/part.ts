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
  /** What many crashes ask for alike: an answer is good for some seconds, and is kept, so it has to be small. */
  readonly recall: <T>(key: string, ask: (signal: AbortSignal) => Promise<T>) => Promise<T>
  /** Nodes whose kubelets did not answer lately. */
  readonly silentNodes: SilentNodes
}

export interface SilentNodes {
  has(node: string): boolean
  add(node: string): void
}

export interface Found {
  readonly log?: CrashLog
  /** The container's last word, where no log is wanted and it is none. */
  readonly message?: string
  /** What comes before the facts of all parts. */
  readonly first?: readonly string[]
  readonly facts?: readonly string[]
  /** Why what was looked for is not there, or not whole. */
  readonly missing?: readonly string[]
  readonly proven?: Proof
}

export interface EnrichPart {
  /** What it finds, as in `events: no answer within 5 s`. */
  readonly what: string
  readonly withinMs: number
  /** It costs the API server much and says little: it is left out while many crashes wait. */
  readonly isLeftOutInStorms?: boolean
  /** It looks at objects without a namespace, which an operator for one namespace may not. */
  readonly isOfCluster?: boolean
  /** Whether there is anything for it to find. */
  isFor(request: EnrichRequest): boolean
  /** A rejection is named as missing, with its text. */
  find(context: PartContext, signal: AbortSignal): Promise<Found>
}
