/** One number about one object: so much of so much, or why it cannot be had. Never NaN, and never 0 for "not known". */

import type { NodeEntry } from './ledger.ts'
import type { QuotaFacts, UsageSample } from './node-facts.ts'
import type { NodeGroup } from './node-group.ts'
import { amountsWithStatus, type PodFacts } from './pod-facts.ts'
import type { PodTotals } from './pod-totals.ts'
import type { WatchedRule } from './watched-policy.ts'

export const unknownReasons = {
  NoAllocatable: 'nothing of it is allocatable, so there is nothing to compare with',
  NoSample: 'the metrics API has no recent sample',
  NoLimitOrRequest: 'it has neither a limit nor a request to compare its use with',
  NoQuota: 'the quota has no hard limit on it',
} as const

export type UnknownReason = keyof typeof unknownReasons

/** What the amount is compared with, for messages. */
export type Base = 'Allocatable' | 'Limit' | 'Request' | 'Quota' | 'Remaining'

export interface KnownMeasurement {
  readonly isKnown: true
  readonly usedNano: bigint
  /** Zero only with base Remaining: nothing is left. */
  readonly ofNano: bigint
  readonly base: Base
  /** True: some samples are missing, and the truth is this or more. */
  readonly isAtLeast: boolean
}

export interface UnknownMeasurement {
  readonly isKnown: false
  readonly reason: UnknownReason
}

export type Measurement = KnownMeasurement | UnknownMeasurement

/** Strictly, and exact: no percent is rounded on the way. */
export function isAbove({ usedNano, ofNano }: KnownMeasurement, percent: bigint): boolean {
  return usedNano * 100n > percent * ofNano
}

/** For people only; undefined where nothing is left to compare with. */
export function percentOf({ usedNano, ofNano }: KnownMeasurement): number | undefined {
  return ofNano === 0n ? undefined : (Number(usedNano) / Number(ofNano)) * 100
}

export function measureNode({ measure, resource = '' }: WatchedRule, entry: NodeEntry): Measurement {
  const ofNano = entry.facts?.allocatable.get(resource)?.nano ?? 0n
  if (measure === 'Utilization') return ofAllocatable(sampled(entry.sample, resource), ofNano)
  return ofAllocatable(declared(entry.totals, measure, resource), ofNano)
}

/** Requests and limits as the pod rows of `kubectl describe node`: of the node. Utilization: of the pod's own limit, else request. */
export function measurePod(rule: WatchedRule, pod: PodFacts, node: NodeEntry, sample?: UsageSample): Measurement {
  const { measure, resource = '' } = rule
  if (measure === 'Utilization') return podUtilization(pod, sample, resource)
  const ofNano = node.facts?.allocatable.get(resource)?.nano ?? 0n
  if (resource === 'pods') return ofAllocatable(1_000_000_000n, ofNano)
  const amounts = amountsWithStatus(pod)
  const list = measure === 'Limits' ? amounts.limits : amounts.requests
  return ofAllocatable(list.get(resource)?.nano ?? 0n, ofNano)
}

/** The namespace's pods on the selected nodes, of what these nodes offer. */
export function measureNamespace(rule: WatchedRule, totals: PodTotals | undefined, nodes: NodeGroup): Measurement {
  const { measure, resource = '' } = rule
  const ofNano = nodes.allocatable(resource)
  if (totals === undefined) return ofAllocatable(0n, ofNano)
  if (measure !== 'Utilization') return ofAllocatable(declared(totals, measure, resource), ofNano)
  return summedUsage(totals.used(resource), ofNano, { sampled: totals.sampledCount, all: totals.podCount })
}

/** A pool or the cluster. */
export function measureGroup(rule: WatchedRule, group: NodeGroup, resource: string): Measurement {
  const ofNano = group.allocatable(resource)
  switch (rule.measure) {
    case 'Utilization':
      return summedUsage(group.used(resource), ofNano, { sampled: group.sampledCount, all: group.nodes.size })
    case 'Survive':
      return surviving(group, resource, rule.lostNodes)
    default:
      return ofAllocatable(declared(group.pods, rule.measure, resource), ofNano)
  }
}

export function measureQuota({ hard, used }: QuotaFacts, resource: string): Measurement {
  const ofNano = hard.get(resource)?.nano ?? 0n
  if (ofNano <= 0n) return { isKnown: false, reason: 'NoQuota' }
  return { isKnown: true, usedNano: used.get(resource)?.nano ?? 0n, ofNano, base: 'Quota', isAtLeast: false }
}

/** All that is requested in the group, of what is left when its largest nodes are gone; with nothing left nothing fits. */
function surviving(group: NodeGroup, resource: string, lostNodes: number): Measurement {
  const [wholeNano, usedNano] = [group.allocatable(resource), group.pods.requested(resource)]
  if (wholeNano <= 0n && usedNano > 0n) return { isKnown: false, reason: 'NoAllocatable' }
  const ofNano = wholeNano - group.largest(resource, lostNodes)
  return { isKnown: true, usedNano, ofNano, base: 'Remaining', isAtLeast: false }
}

function declared(totals: PodTotals, measure: WatchedRule['measure'], resource: string): bigint {
  return measure === 'Limits' ? totals.limited(resource) : totals.requested(resource)
}

function sampled(sample: UsageSample | undefined, resource: string): bigint | undefined {
  return sample?.usage.get(resource)?.nano
}

function ofAllocatable(usedNano: bigint | undefined, ofNano: bigint): Measurement {
  if (usedNano === undefined) return { isKnown: false, reason: 'NoSample' }
  if (ofNano <= 0n) return { isKnown: false, reason: 'NoAllocatable' }
  return { isKnown: true, usedNano, ofNano, base: 'Allocatable', isAtLeast: false }
}

function summedUsage(usedNano: bigint, ofNano: bigint, count: { sampled: number; all: number }): Measurement {
  if (count.all > 0 && count.sampled === 0) return { isKnown: false, reason: 'NoSample' }
  const measurement = ofAllocatable(usedNano, ofNano)
  return measurement.isKnown ? { ...measurement, isAtLeast: count.sampled < count.all } : measurement
}

/** A limit that only some of the containers have is not the pod's limit. */
function podUtilization(pod: PodFacts, sample: UsageSample | undefined, resource: string): Measurement {
  const usedNano = sampled(sample, resource)
  if (usedNano === undefined) return { isKnown: false, reason: 'NoSample' }
  const { requests, limits } = amountsWithStatus(pod)
  const limitNano = pod.resources.unbounded.has(resource) ? 0n : (limits.get(resource)?.nano ?? 0n)
  if (limitNano > 0n) return { isKnown: true, usedNano, ofNano: limitNano, base: 'Limit', isAtLeast: false }
  const requestNano = requests.get(resource)?.nano ?? 0n
  if (requestNano <= 0n) return { isKnown: false, reason: 'NoLimitOrRequest' }
  return { isKnown: true, usedNano, ofNano: requestNano, base: 'Request', isAtLeast: false }
}
