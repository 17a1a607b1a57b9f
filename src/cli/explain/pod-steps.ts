/** How one number of a pod is made, step by step, from the same computation that counts it. */
import { addQuantities, compareQuantities, formatQuantity, type Quantity, zeroQuantity } from '../../model/quantity.ts'
import type { PodObject } from '../../watchers/capacity/pod-object.ts'
import {
  type ContainerShare,
  computePod,
  type PodComputation,
  type ResourceSide,
} from '../../watchers/capacity/pod-resources.ts'

export interface Step {
  readonly what: string
  readonly amount: Quantity
  readonly how: string
}

/** The last step where the sums of nodes count something else than the pod's own row. */
export const inTotals = 'in totals'

export interface Derivation {
  readonly resource: string
  readonly side: ResourceSide
  readonly steps: readonly Step[]
  /** What the pod counts with in its own row, a resize under way included. */
  readonly total: Quantity
}

export function derivePod(pod: PodObject, resource: string, side: ResourceSide): Derivation {
  const computation = computePod(pod, { side, basis: 'Status' })
  const total = computation.total.get(resource) ?? zeroQuantity
  const asked = computePod(pod, { side, basis: 'Spec' }).total.get(resource) ?? zeroQuantity
  const steps = [
    runningStep(computation, pod, resource),
    ...startingSteps(computation, resource),
    ...podLevelStep(computation, resource),
    ...overheadStep(computation, pod, resource),
    ...inTotalsStep(asked, total),
  ]
  return { resource, side, steps, total }
}

function runningStep({ running, shares, side }: PodComputation, pod: PodObject, resource: string): Step {
  const parts = shares.filter(({ role }) => role !== 'init').map((share) => shareText(share, resource))
  const resized = resizedContainers(pod, resource, side)
  const note = resized.length === 0 ? '' : `; ${resized.join(', ')}`
  return {
    what: 'running together',
    amount: running.get(resource) ?? zeroQuantity,
    how: `${parts.join(' + ') || 'no containers'}${note}`,
  }
}

function shareText({ name, role, amount }: ContainerShare, resource: string): string {
  const quantity = amount.get(resource)
  const sidecar = role === 'sidecar' ? ' (sidecar)' : ''
  return `${name}${sidecar} ${quantity === undefined ? 'none' : formatQuantity(quantity)}`
}

/** Only where the status makes a container count with more or less than it asks for. */
function resizedContainers(pod: PodObject, resource: string, side: ResourceSide): string[] {
  const asked = computePod(pod, { side, basis: 'Spec' }).shares
  const counted = computePod(pod, { side, basis: 'Status' }).shares
  return counted.flatMap(({ name, amount }, i) => {
    const before = asked[i]?.amount.get(resource) ?? zeroQuantity
    const now = amount.get(resource) ?? zeroQuantity
    return compareQuantities(before, now) === 0 ? [] : [`${name} is being resized, asks ${formatQuantity(before)}`]
  })
}

/** Init containers run one after the other, each together with the sidecars that were started before it. */
function startingSteps({ shares, starting, running }: PodComputation, resource: string): Step[] {
  if (!shares.some(({ role }) => role === 'init')) return []
  const peak = starting.get(resource) ?? zeroQuantity
  const steady = running.get(resource) ?? zeroQuantity
  const isStartLarger = compareQuantities(peak, steady) > 0
  const larger = isStartLarger ? peak : steady
  const how = isStartLarger ? 'starting needs more than running' : 'running needs as much, or more'
  return [...initSteps(shares, resource), { what: 'the larger', amount: larger, how }]
}

function initSteps(shares: readonly ContainerShare[], resource: string): Step[] {
  const steps: Step[] = []
  let sidecars = zeroQuantity
  for (const { name, role, amount } of shares) {
    const own = amount.get(resource) ?? zeroQuantity
    if (role === 'sidecar') sidecars = addQuantities(sidecars, own)
    if (role !== 'init') continue
    const before = sidecars.nano === 0n ? ', no sidecar before it' : ` + sidecars before it ${formatQuantity(sidecars)}`
    steps.push({
      what: `starting ${name}`,
      amount: addQuantities(own, sidecars),
      how: `${formatQuantity(own)}${before}`,
    })
  }
  return steps
}

function podLevelStep({ podLevel }: PodComputation, resource: string): Step[] {
  const amount = podLevel.get(resource)
  return amount === undefined ? [] : [{ what: 'pod level', amount, how: "set by the pod's spec.resources" }]
}

function overheadStep({ overhead, side }: PodComputation, pod: PodObject, resource: string): Step[] {
  const amount = overhead.get(resource)
  if (amount !== undefined) return [{ what: 'overhead', amount, how: "added by the pod's spec.overhead" }]
  const isLeftOut = side === 'limits' && pod.spec?.overhead?.[resource] !== undefined
  return isLeftOut ? [{ what: 'overhead', amount: zeroQuantity, how: 'not added: there is no limit to add it to' }] : []
}

function inTotalsStep(asked: Quantity, total: Quantity): Step[] {
  if (compareQuantities(asked, total) === 0) return []
  const how = 'node totals count what is asked for'
  return [{ what: inTotals, amount: asked, how }]
}
