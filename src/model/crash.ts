/** What is known of one crash: the same for whoever finds it, tells it, keeps it and shows it. Plain data. */
import type { ObjectReference } from './alert.ts'

/** Why something is told of a pod. A closed list; the schema of CrashAlertRoute, the history and the pages of docs/reference have it from here. */
export const crashReasons = {
  Error: 'a container ended with a failure, or ended at all where it should run for ever',
  OOMKilled: 'the kernel ended it for want of memory, and the kubelet or the kernel says so',
  CrashLoopBackOff: 'it keeps ending, and the kubelet waits longer and longer before it starts it again',
  ImagePull: 'its image cannot be had',
  Config: 'it cannot be started: a ConfigMap, a Secret or its command is missing or wrong',
  InitFailed: 'an init container fails, so the containers after it do not start',
  ProbeKilled: 'the kubelet ended it because its liveness or startup probe failed',
  Evicted: 'the kubelet ended the pod for want of something on the node',
  Preempted: 'the scheduler ended the pod to make room for one of higher priority',
  Unschedulable: 'no node takes the pod',
  JobFailed: 'a Job gave up',
  DeadlineExceeded: 'a pod or Job took longer than it may',
  NodeLost: 'the node does not answer, so nobody knows how the pod is',
} as const satisfies Record<string, string>

export type CrashReason = keyof typeof crashReasons
export const crashReasonNames = Object.keys(crashReasons) as readonly CrashReason[]

export const containerRoles = ['app', 'sidecar', 'init'] as const
export type ContainerRole = (typeof containerRoles)[number]

/** One run of a container that ended, or one trouble of a pod from when it began. */
export interface CrashRecord {
  /** The same whenever and by whomever this crash is found, so that it is kept once. Lower-case letters and digits. */
  readonly id: string
  /** When it happened, by the node's clock. */
  readonly atMs: number
  /** When the operator saw it. */
  readonly seenMs: number
  readonly cluster?: string
  readonly namespace: string
  /** The owner at the top: what somebody deployed; the pod itself where it has none. */
  readonly workload: ObjectReference
  /** Absent where a Job as a whole failed. */
  readonly pod?: { readonly name: string; readonly uid: string }
  /** Absent where the whole pod is in trouble. */
  readonly container?: CrashedContainer
  readonly node?: string
  readonly reason: CrashReason
  /** What happened, in one line of words: `killed by SIGSEGV (exit code 139): it used memory that is not its own`. */
  readonly cause: string
  readonly exitCode?: number
  readonly signal?: number
  readonly startedMs?: number
  readonly finishedMs?: number
  /** As the kubelet counts. */
  readonly restartCount: number
  /** How many crashes this record stands for: those that came and went between two looks at the pod have no record of their own. At least 1. */
  readonly crashes: number
  /** What the container itself left as its last word; redacted. */
  readonly message?: string
  /** What else was found, one line each, the most important first; redacted. */
  readonly facts: readonly string[]
  /** What could not be had and why, one line each. */
  readonly missing: readonly string[]
  /** Absent where there is none or none is wanted. */
  readonly log?: CrashLog
}

export interface CrashedContainer {
  readonly name: string
  readonly role: ContainerRole
  readonly image?: string
  /** Of the run that ended, as the kubelet names it. */
  readonly containerId?: string
}

/** The end of what the run that crashed wrote, redacted. */
export interface CrashLog {
  readonly text: string
  /** Whether there was more before it. */
  readonly isCut: boolean
}
