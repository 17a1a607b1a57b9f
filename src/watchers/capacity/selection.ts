/**
 * A choice of nodes, and the sums over them: the cluster (all chosen nodes), the pools among them, and of each namespace the
 * pods on them. Policies that choose alike share one. Fed with single changes; a pod's change costs the same in a large
 * cluster as in a small one.
 *
 * Every pod on a chosen node counts, whatever its namespace: a node is as full as it is, whoever fills it.
 */
import { labelValue, matchesLabelSelector } from '../../model/label-selector.ts'
import type { ResourceList } from '../../model/resource-list.ts'
import { type CapacityLedger, type Change, countedNode, type NodeEntry, type PodChange } from './ledger.ts'
import type { UsageSample } from './node-facts.ts'
import { NodeGroup } from './node-group.ts'
import type { PodFacts } from './pod-facts.ts'
import { PodTotals } from './pod-totals.ts'
import type { Sign } from './resource-sums.ts'
import type { WatchedPolicy } from './watched-policy.ts'

export type NodeChoice = Pick<WatchedPolicy, 'nodeSelector' | 'poolLabel'>

/** The same for choices that choose alike. */
export function choiceKey({ nodeSelector, poolLabel }: NodeChoice): string {
  return JSON.stringify([nodeSelector ?? {}, poolLabel ?? null])
}

/** A selected node, as it was counted last. */
interface Member {
  readonly entry: NodeEntry
  readonly pool: string | undefined
  readonly allocatable: ResourceList
  readonly sample: UsageSample | undefined
}

/** What a node's change did to the sums. */
export interface NodeEffect {
  readonly isChanged: boolean
  /** Pools that lost or gained, or whose sums changed. */
  readonly pools: readonly string[]
}

export const noEffect: NodeEffect = { isChanged: false, pools: [] }

export class Selection {
  readonly #ledger: CapacityLedger
  readonly #choice: NodeChoice
  readonly #members = new Map<string, Member>()
  readonly #pools = new Map<string, NodeGroup>()
  readonly #namespaces = new Map<string, PodTotals>()
  readonly cluster = new NodeGroup()

  constructor(ledger: CapacityLedger, choice: NodeChoice) {
    this.#ledger = ledger
    this.#choice = choice
    for (const name of ledger.nodes.keys()) this.nodeChanged(name)
  }

  get pools(): ReadonlyMap<string, NodeGroup> {
    return this.#pools
  }

  hasNode(name: string | undefined): boolean {
    return name !== undefined && this.#members.has(name)
  }

  poolOf(nodeName: string): string | undefined {
    return this.#members.get(nodeName)?.pool
  }

  /** Of the namespace's pods on selected nodes; undefined where there are none. */
  namespaceTotals(name: string): PodTotals | undefined {
    return this.#namespaces.get(name)
  }

  podChanged({ previous, next, previousSample, nextSample }: PodChange): void {
    if (previous !== undefined) this.#changePod(previous, previousSample, -1)
    if (next !== undefined) this.#changePod(next, nextSample, 1)
  }

  nodeChanged(name: string): NodeEffect {
    const before = this.#members.get(name)
    const after = this.#asMember(this.#ledger.nodes.get(name))
    if (before !== undefined && after !== undefined && isCountedAlike(before, after)) return noEffect
    if (before === undefined && after === undefined) return noEffect
    if (before !== undefined && after !== undefined && before.pool === after.pool) this.#replaceOffer(before, after)
    else {
      if (before !== undefined) this.#changeMember(before, -1)
      if (after !== undefined) this.#changeMember(after, 1)
    }
    const pools = [before?.pool, after?.pool].filter((pool) => pool !== undefined)
    return { isChanged: true, pools: [...new Set(pools)] }
  }

  nodeSampleChanged(name: string): void {
    const member = this.#members.get(name)
    if (member === undefined || member.sample === member.entry.sample) return
    if (member.sample !== undefined) this.#changeNodeUsage(member, member.sample, -1)
    if (member.entry.sample !== undefined) this.#changeNodeUsage(member, member.entry.sample, 1)
    this.#members.set(name, { ...member, sample: member.entry.sample })
  }

  podSampleChanged(pod: PodFacts, { previous, next }: Change<UsageSample>): void {
    if (!this.hasNode(countedNode(pod))) return
    const totals = this.#namespaces.get(pod.namespace)
    if (previous !== undefined) totals?.changeUsage(previous, -1)
    if (next !== undefined) totals?.changeUsage(next, 1)
  }

  #asMember(entry: NodeEntry | undefined): Member | undefined {
    if (entry?.facts === undefined) return undefined
    const { labels, allocatable } = entry.facts
    if (!matchesLabelSelector(this.#choice.nodeSelector, labels)) return undefined
    const { poolLabel } = this.#choice
    const pool = poolLabel === undefined ? undefined : labelValue(labels, poolLabel)
    return { entry, pool, allocatable, sample: entry.sample }
  }

  #replaceOffer(before: Member, after: Member): void {
    for (const group of this.#groupsOf(before)) {
      group.changeAllocatable(before.allocatable, -1)
      group.changeAllocatable(after.allocatable, 1)
    }
    this.#members.set(after.entry.name, { ...after, sample: before.sample })
  }

  #changeMember(member: Member, sign: Sign): void {
    const { entry, allocatable, sample } = member
    for (const group of this.#groupsOf(member)) group.changeNode(entry, allocatable, sign)
    if (sample !== undefined) this.#changeNodeUsage(member, sample, sign)
    for (const pod of entry.pods) this.#changeNamespace(pod, this.#ledger.podSample(pod), sign)
    if (sign === 1) this.#members.set(entry.name, member)
    else this.#members.delete(entry.name)
    if (member.pool !== undefined && this.#pools.get(member.pool)?.nodes.size === 0) this.#pools.delete(member.pool)
  }

  #changeNodeUsage(member: Member, sample: UsageSample, sign: Sign): void {
    for (const group of this.#groupsOf(member)) group.changeUsage(sample, sign)
  }

  #changePod(pod: PodFacts, sample: UsageSample | undefined, sign: Sign): void {
    const member = this.#members.get(countedNode(pod) ?? '')
    if (member === undefined) return
    for (const group of this.#groupsOf(member)) group.pods.changePod(pod, sign)
    this.#changeNamespace(pod, sample, sign)
  }

  #changeNamespace(pod: PodFacts, sample: UsageSample | undefined, sign: Sign): void {
    const totals = this.#namespaces.get(pod.namespace) ?? new PodTotals()
    this.#namespaces.set(pod.namespace, totals)
    totals.changePod(pod, sign)
    if (sample !== undefined) totals.changeUsage(sample, sign)
    if (totals.podCount === 0) this.#namespaces.delete(pod.namespace)
  }

  #groupsOf({ pool }: Member): readonly NodeGroup[] {
    return pool === undefined ? [this.cluster] : [this.cluster, this.#poolGroup(pool)]
  }

  #poolGroup(pool: string): NodeGroup {
    const known = this.#pools.get(pool)
    if (known !== undefined) return known
    const group = new NodeGroup()
    this.#pools.set(pool, group)
    return group
  }
}

function isCountedAlike(left: Member, right: Member): boolean {
  return left.entry === right.entry && left.pool === right.pool && isSameOffer(left.allocatable, right.allocatable)
}

function isSameOffer(left: ResourceList, right: ResourceList): boolean {
  if (left === right) return true
  return left.size === right.size && [...left].every(([name, { nano }]) => right.get(name)?.nano === nano)
}
