/** For each scope of a rule: which objects it judges, how one is found by its key, and which numbers it has. */
import type { CapacityScope } from '../../api/capacity-policy.ts'
import { type CloseReason, clusterName, type ObjectIdentity } from './finding.ts'
import type { CapacityLedger, NamespaceEntry, NodeEntry } from './ledger.ts'
import {
  type Measurement,
  measureGroup,
  measureNamespace,
  measureNode,
  measurePod,
  measureQuota,
} from './measurement.ts'
import type { NodeGroup } from './node-group.ts'
import { isTerminated, type PodFacts } from './pod-facts.ts'
import type { PolicyScope } from './policy-scope.ts'
import type { WatchedRule } from './watched-policy.ts'

/** One number of an object. */
export interface Measured {
  readonly resource: string
  readonly quota?: string
  readonly measurement: Measurement
}

/** An object that a rule judges. */
export interface Target {
  readonly key: string
  identify(): ObjectIdentity
  /** `known` gives the resources that were of interest before, to be measured also where nobody requests them any more. */
  measure(rule: WatchedRule, known: () => readonly string[]): readonly Measured[]
}

export interface TargetFinder {
  all(): Iterable<Target>
  /** The object, or why there is none to judge under this key. */
  at(key: string): Target | CloseReason
}

export type TargetFinders = Readonly<Record<CapacityScope, TargetFinder>>

export function createTargetFinders(ledger: CapacityLedger, scope: PolicyScope): TargetFinders {
  return {
    Node: nodeFinder(ledger, scope),
    Pod: podFinder(ledger, scope),
    Namespace: namespaceFinder(ledger, scope),
    NodePool: poolFinder(scope),
    Cluster: clusterFinder(scope),
  }
}

/** The key of a pod; other objects go by their name. */
export function podKey({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return `${namespace}/${name}`
}

/** Under which its finder has it. */
export function objectKeyOf(object: ObjectIdentity): string {
  return object.kind === 'Pod' ? podKey(object) : object.name
}

export function podByKey(ledger: CapacityLedger, key: string): PodFacts | undefined {
  const slash = key.indexOf('/')
  return ledger.pod(key.slice(0, slash), key.slice(slash + 1))
}

function nodeFinder(ledger: CapacityLedger, scope: PolicyScope): TargetFinder {
  const target = (entry: NodeEntry): Target => ({
    key: entry.name,
    identify: () => ({ kind: 'Node', name: entry.name, ...uidOf(entry.facts?.uid) }),
    measure: (rule) => [{ resource: rule.resource ?? '', measurement: measureNode(rule, entry) }],
  })
  return {
    *all() {
      for (const entry of scope.cluster.nodes) yield target(entry)
    },
    at(key) {
      const entry = ledger.nodes.get(key)
      if (entry?.facts === undefined) return 'ObjectGone'
      return scope.hasNode(key) ? target(entry) : 'NotSelected'
    },
  }
}

function podFinder(ledger: CapacityLedger, scope: PolicyScope): TargetFinder {
  const target = (pod: PodFacts, node: NodeEntry): Target => ({
    key: pod.key,
    identify: () => ({ kind: 'Pod', namespace: pod.namespace, name: pod.name, ...uidOf(pod.uid) }),
    measure: (rule) => [
      { resource: rule.resource ?? '', measurement: measurePod(rule, pod, node, ledger.podSample(pod)) },
    ],
  })
  return {
    *all() {
      const isSelected = new Map([...ledger.namespaces].map(([name, entry]) => [name, scope.hasNamespace(entry)]))
      for (const node of scope.cluster.nodes) {
        for (const pod of node.pods) if (isSelected.get(pod.namespace) === true) yield target(pod, node)
      }
    },
    at(key) {
      const pod = podByKey(ledger, key)
      if (pod === undefined) return 'ObjectGone'
      if (isTerminated(pod)) return 'PodEnded'
      const node = ledger.nodes.get(pod.nodeName ?? '')
      if (node !== undefined && node.facts === undefined) return 'NodeGone'
      return node !== undefined && scope.hasPod(pod) ? target(pod, node) : 'NotSelected'
    },
  }
}

function namespaceFinder(ledger: CapacityLedger, scope: PolicyScope): TargetFinder {
  const target = (entry: NamespaceEntry): Target => ({
    key: entry.name,
    identify: () => ({ kind: 'Namespace', name: entry.name, ...uidOf(entry.facts?.uid) }),
    measure: (rule) => {
      if (rule.measure === 'Quota') return quotaMeasures(rule, entry)
      const measurement = measureNamespace(rule, scope.namespaceTotals(entry.name), scope.cluster)
      return [{ resource: rule.resource ?? '', measurement }]
    },
  })
  return {
    *all() {
      for (const entry of ledger.namespaces.values()) if (scope.hasNamespace(entry)) yield target(entry)
    },
    at(key) {
      const entry = ledger.namespaces.get(key)
      if (entry === undefined) return 'ObjectGone'
      return scope.hasNamespace(entry) ? target(entry) : 'NotSelected'
    },
  }
}

function poolFinder(scope: PolicyScope): TargetFinder {
  const target = (name: string, group: NodeGroup) => groupTarget({ kind: 'NodePool', name }, group)
  return {
    *all() {
      for (const [name, group] of scope.pools) yield target(name, group)
    },
    at(key) {
      const group = scope.pools.get(key)
      return group === undefined ? 'ObjectGone' : target(key, group)
    },
  }
}

function clusterFinder(scope: PolicyScope): TargetFinder {
  const target = groupTarget({ kind: 'Cluster', name: clusterName }, scope.cluster)
  return { all: () => [target], at: () => target }
}

function groupTarget(identity: ObjectIdentity, group: NodeGroup): Target {
  const measured = (rule: WatchedRule, resource: string): Measured => {
    return { resource, measurement: measureGroup(rule, group, resource) }
  }
  return {
    key: identity.name,
    identify: () => identity,
    measure: (rule, known) => {
      if (rule.resource !== undefined) return [measured(rule, rule.resource)]
      return [...allRequested(group, known())].map((resource) => measured(rule, resource))
    },
  }
}

/** What pods request, each pod being one of `pods`, and what was of interest before. */
function allRequested(group: NodeGroup, known: readonly string[]): Set<string> {
  const resources = new Set(known).add('pods')
  for (const name of group.pods.requestedResources()) resources.add(name)
  return resources
}

function quotaMeasures({ resource }: WatchedRule, { quotas }: NamespaceEntry): Measured[] {
  return [...quotas.values()].flatMap((quota) => {
    const names = resource === undefined ? [...quota.hard.keys()] : [resource].filter((name) => quota.hard.has(name))
    return names.map((name) => ({ resource: name, quota: quota.name, measurement: measureQuota(quota, name) }))
  })
}

function uidOf(uid: string | undefined): { uid?: string } {
  return uid === undefined || uid === '' ? {} : { uid }
}
