/**
 * What one policy selects: nodes, whose sums it may share with other policies, and by the namespace filter the namespaces and
 * pods that are judged.
 */
import { matchesLabelSelector } from '../../model/label-selector.ts'
import { type CapacityLedger, countedNode, type NamespaceEntry } from './ledger.ts'
import type { NodeGroup } from './node-group.ts'
import type { PodFacts } from './pod-facts.ts'
import type { PodTotals } from './pod-totals.ts'
import type { Selection } from './selection.ts'
import type { WatchedPolicy } from './watched-policy.ts'

export class PolicyScope {
  readonly #ledger: CapacityLedger
  readonly #policy: WatchedPolicy
  readonly #selection: Selection

  constructor(ledger: CapacityLedger, policy: WatchedPolicy, selection: Selection) {
    this.#ledger = ledger
    this.#policy = policy
    this.#selection = selection
  }

  /** The selected nodes as one. */
  get cluster(): NodeGroup {
    return this.#selection.cluster
  }

  get pools(): ReadonlyMap<string, NodeGroup> {
    return this.#selection.pools
  }

  hasNode(name: string | undefined): boolean {
    return this.#selection.hasNode(name)
  }

  poolOf(nodeName: string): string | undefined {
    return this.#selection.poolOf(nodeName)
  }

  /** Of the namespace's pods on selected nodes; undefined where there are none. */
  namespaceTotals(name: string): PodTotals | undefined {
    return this.#selection.namespaceTotals(name)
  }

  /** A selector selects no namespace whose labels are not known. */
  hasNamespace(entry: NamespaceEntry | undefined): boolean {
    if (entry === undefined) return false
    const { namespaceNames, namespaceSelector } = this.#policy
    if (namespaceNames !== undefined && !namespaceNames.has(entry.name)) return false
    if (namespaceSelector === undefined) return true
    return entry.facts !== undefined && matchesLabelSelector(namespaceSelector, entry.facts.labels)
  }

  /** Whether a Pod rule judges it. */
  hasPod(pod: PodFacts): boolean {
    return this.hasNode(countedNode(pod)) && this.hasNamespace(this.#ledger.namespaces.get(pod.namespace))
  }
}
