/** What the detectors see of a pod or Job. Pure data; from here on nobody looks at the cluster's own objects. */
import type { CrashedContainer, CrashReason } from '../../model/crash.ts'

/** One crash, or one trouble that lasts, of one container or of the whole. */
export interface Sighting {
  /** Tells it from every other of the same pod or Job, and is the same each time it is seen: container and run, or reason and begin. */
  readonly key: string
  readonly reason: CrashReason
  /** Becomes `CrashRecord.cause`: not redacted yet, and so neither shortened nor in one line. */
  readonly cause: string
  readonly container?: CrashedContainer
  /** When it happened or began, by the cluster's clock. */
  readonly atMs: number
  readonly exitCode?: number
  readonly signal?: number
  readonly startedMs?: number
  readonly finishedMs?: number
  readonly restartCount: number
  /** At least 1: with those that came and went unseen since the last look. */
  readonly crashes: number
  /** The container's last word, not redacted yet. */
  readonly message?: string
  /** It is often over by itself: it counts when it has lasted since `atMs` for as long as a route says. */
  readonly hasToLast?: boolean
}

/** What one look at a pod or Job gives. */
export interface Look {
  /**
   * New since what is remembered, oldest first: each is told once and makes one record. Ends of runs, and what befalls a pod or
   * container once or begins to (Evicted, ImagePull, NodeLost ...).
   */
  readonly crashes: readonly Sighting[]
  /** Of each crash what to remember once it and those before it are handed on. */
  readonly steps?: readonly PodMemory[]
  /**
   * What is wrong at this moment, also if it was so at the last look. ImagePull, Config and NodeLost are also among the crashes
   * of the first look that sees them, under the same key. Never a crash are CrashLoopBackOff, whose runs are crashes already,
   * and what has to last first: Unschedulable, and Config for want of a volume.
   */
  readonly troubles: readonly Sighting[]
  /** Of this look; undefined where there is nothing to remember. */
  readonly memory: PodMemory | undefined
}

/** What a look has to know besides the object. */
export interface LookContext {
  readonly nowMs: number
  /** Set where the pod's node does not answer: since when. */
  readonly nodeLostSinceMs?: number | undefined
  /** Why the pod's volumes cannot be had, where its Events say so; its status does not. */
  readonly volumeFailure?: string | undefined
}

/** What has to be known of a pod to tell what is new about it. Undefined stands for a pod of which nothing was ever seen. Kept as JSON. */
export interface PodMemory {
  /** Of every container that ever ended otherwise than it should, by name. */
  readonly containers: Readonly<Record<string, RunMemory>>
  /** Keys of what was seen and has no run of its own, the newest last. */
  readonly seen?: readonly string[]
  /** Since when the pod is not there any more. */
  readonly goneMs?: number
}

export interface RunMemory {
  /** How many of its runs have ended. */
  readonly ended: number
  /** Of the last that ended; absent where the kubelet did not say. */
  readonly containerId?: string
  /** When that one ended, by the node's clock. */
  readonly finishedMs?: number
}
