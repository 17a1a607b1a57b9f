/** All detectors: one file and one line each. Of those that know a run's end the first one counts. */
import type { CrashReason } from '../../../model/crash.ts'
import { config } from './config.ts'
import { crashLoopBackOff } from './crash-loop-back-off.ts'
import { deadlineExceeded } from './deadline-exceeded.ts'
import type { Detector } from './detector.ts'
import { error } from './error.ts'
import { evicted } from './evicted.ts'
import { imagePull } from './image-pull.ts'
import { initFailed } from './init-failed.ts'
import { jobFailed } from './job-failed.ts'
import { nodeLost } from './node-lost.ts'
import { oomKilled } from './oom-killed.ts'
import { preempted } from './preempted.ts'
import { probeKilled } from './probe-killed.ts'
import { unschedulable } from './unschedulable.ts'

const byReason = {
  OOMKilled: oomKilled,
  Config: config,
  InitFailed: initFailed,
  ProbeKilled: probeKilled,
  Error: error,
  CrashLoopBackOff: crashLoopBackOff,
  ImagePull: imagePull,
  Evicted: evicted,
  Preempted: preempted,
  Unschedulable: unschedulable,
  JobFailed: jobFailed,
  DeadlineExceeded: deadlineExceeded,
  NodeLost: nodeLost,
} as const satisfies Record<CrashReason, Detector>

export const detectors = Object.entries(byReason) as readonly (readonly [CrashReason, Detector])[]
