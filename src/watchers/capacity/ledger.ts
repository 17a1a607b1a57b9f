/**
 * The books of capacity: who is where and what it adds up to. One ledger serves all policies. Each object is put or removed as
 * the cluster changes; a pod's change touches its node's sums and nothing else, and is handed on to those who keep
 * sums of their own. Putting the same object twice changes nothing.
 *
 * A pod counts on a node from when the node is chosen until it has ended. Pods without a node are kept apart.
 */
import type { NamespaceFacts, NodeFacts, QuotaFacts, UsageSample } from './node-facts.ts'
import { isTerminated, type PodFacts } from './pod-facts.ts'
import { PodTotals } from './pod-totals.ts'

export interface NodeEntry {
  readonly name: string
  /** Absent while pods name a node that the cluster does not have. */
  facts: NodeFacts | undefined
  readonly pods: Set<PodFacts>
  readonly totals: PodTotals
  /** Absent: the metrics API said nothing of it, or too long ago. */
  sample: UsageSample | undefined
}

export interface NamespaceEntry {
  readonly name: string
  /** Absent where namespaces cannot be read. */
  facts: NamespaceFacts | undefined
  /** By name, ended ones included. */
  readonly pods: Map<string, PodFacts>
  readonly quotas: Map<string, QuotaFacts>
  /** Usable samples by the pod's name. */
  readonly samples: Map<string, UsageSample>
}

/** What became of one object: both sides for a change, one for an arrival or a departure. */
export interface Change<T> {
  readonly previous: T | undefined
  readonly next: T | undefined
}

/** With the usage samples that belong to either side. */
export interface PodChange extends Change<PodFacts> {
  readonly previousSample: UsageSample | undefined
  readonly nextSample: UsageSample | undefined
}

const nothing = { previous: undefined, next: undefined }

export class CapacityLedger {
  readonly #nodes = new Map<string, NodeEntry>()
  readonly #namespaces = new Map<string, NamespaceEntry>()
  readonly #unscheduled = new Set<PodFacts>()

  get nodes(): ReadonlyMap<string, NodeEntry> {
    return this.#nodes
  }

  get namespaces(): ReadonlyMap<string, NamespaceEntry> {
    return this.#namespaces
  }

  /** Pods that wait for a node; they count in no sum. */
  get unscheduled(): ReadonlySet<PodFacts> {
    return this.#unscheduled
  }

  pod(namespace: string, name: string): PodFacts | undefined {
    return this.#namespaces.get(namespace)?.pods.get(name)
  }

  podSample({ namespace, name }: PodFacts): UsageSample | undefined {
    return this.#namespaces.get(namespace)?.samples.get(name)
  }

  /** A sample of an earlier pod of the same name is not taken for one of this. */
  putPod(pod: PodFacts): PodChange {
    const { pods, samples } = this.#namespaceEntry(pod.namespace)
    const previous = pods.get(pod.name)
    const previousSample = samples.get(pod.name)
    if (previous !== undefined) this.#leave(previous)
    if (previous?.uid !== pod.uid) samples.delete(pod.name)
    pods.set(pod.name, pod)
    this.#enter(pod)
    return { previous, next: pod, previousSample, nextSample: samples.get(pod.name) }
  }

  removePod(namespace: string, name: string): PodChange {
    const entry = this.#namespaces.get(namespace)
    const previous = entry?.pods.get(name)
    if (entry === undefined || previous === undefined) {
      return { ...nothing, previousSample: undefined, nextSample: undefined }
    }
    const previousSample = entry.samples.get(name)
    this.#leave(previous)
    entry.pods.delete(name)
    entry.samples.delete(name)
    this.#forgetEmptyNamespace(entry)
    return { previous, next: undefined, previousSample, nextSample: undefined }
  }

  putNode(next: NodeFacts): Change<NodeFacts> {
    const entry = this.#nodeEntry(next.name)
    const previous = entry.facts
    entry.facts = next
    return { previous, next }
  }

  removeNode(name: string): Change<NodeFacts> {
    const entry = this.#nodes.get(name)
    const previous = entry?.facts
    if (entry === undefined || previous === undefined) return nothing
    entry.facts = undefined
    entry.sample = undefined
    this.#forgetEmptyNode(entry)
    return { previous, next: undefined }
  }

  putNamespace(next: NamespaceFacts): Change<NamespaceFacts> {
    const entry = this.#namespaceEntry(next.name)
    const previous = entry.facts
    entry.facts = next
    return { previous, next }
  }

  removeNamespace(name: string): Change<NamespaceFacts> {
    const entry = this.#namespaces.get(name)
    const previous = entry?.facts
    if (entry === undefined || previous === undefined) return nothing
    entry.facts = undefined
    this.#forgetEmptyNamespace(entry)
    return { previous, next: undefined }
  }

  putQuota(next: QuotaFacts): Change<QuotaFacts> {
    const { quotas } = this.#namespaceEntry(next.namespace)
    const previous = quotas.get(next.name)
    quotas.set(next.name, next)
    return { previous, next }
  }

  removeQuota(namespace: string, name: string): Change<QuotaFacts> {
    const entry = this.#namespaces.get(namespace)
    const previous = entry?.quotas.get(name)
    if (entry === undefined || previous === undefined) return nothing
    entry.quotas.delete(name)
    this.#forgetEmptyNamespace(entry)
    return { previous, next: undefined }
  }

  /** Notes a sample, or with undefined that the one there is has become too old. Unknown nodes are ignored. */
  setNodeSample(name: string, next: UsageSample | undefined): Change<UsageSample> {
    const entry = this.#nodes.get(name)
    if (entry?.facts === undefined) return nothing
    const previous = entry.sample
    entry.sample = next
    return { previous, next }
  }

  /** As {@link setNodeSample}; a pod that is not, or no longer, the one in the books is ignored. */
  setPodSample(pod: PodFacts, next: UsageSample | undefined): Change<UsageSample> {
    const entry = this.#namespaces.get(pod.namespace)
    if (entry?.pods.get(pod.name)?.uid !== pod.uid) return nothing
    const previous = entry.samples.get(pod.name)
    if (next === undefined) entry.samples.delete(pod.name)
    else entry.samples.set(pod.name, next)
    return { previous, next }
  }

  #enter(pod: PodFacts): void {
    if (isTerminated(pod)) return
    if (pod.nodeName === undefined) this.#unscheduled.add(pod)
    else {
      const entry = this.#nodeEntry(pod.nodeName)
      entry.pods.add(pod)
      entry.totals.changePod(pod, 1)
    }
  }

  #leave(pod: PodFacts): void {
    this.#unscheduled.delete(pod)
    const entry = this.#nodes.get(pod.nodeName ?? '')
    if (entry?.pods.delete(pod) !== true) return
    entry.totals.changePod(pod, -1)
    this.#forgetEmptyNode(entry)
  }

  #nodeEntry(name: string): NodeEntry {
    const known = this.#nodes.get(name)
    if (known !== undefined) return known
    const entry: NodeEntry = {
      name,
      facts: undefined,
      pods: new Set(),
      totals: new PodTotals(),
      sample: undefined,
    }
    this.#nodes.set(name, entry)
    return entry
  }

  #namespaceEntry(name: string): NamespaceEntry {
    const known = this.#namespaces.get(name)
    if (known !== undefined) return known
    const entry: NamespaceEntry = {
      name,
      facts: undefined,
      pods: new Map(),
      quotas: new Map(),
      samples: new Map(),
    }
    this.#namespaces.set(name, entry)
    return entry
  }

  #forgetEmptyNode({ name, facts, pods }: NodeEntry): void {
    if (facts === undefined && pods.size === 0) this.#nodes.delete(name)
  }

  #forgetEmptyNamespace({ name, facts, pods, quotas }: NamespaceEntry): void {
    if (facts === undefined && pods.size === 0 && quotas.size === 0) this.#namespaces.delete(name)
  }
}

/** The node that a pod counts on; undefined for pods that wait or have ended. */
export function countedNode(pod: PodFacts | undefined): string | undefined {
  return pod === undefined || isTerminated(pod) ? undefined : pod.nodeName
}
