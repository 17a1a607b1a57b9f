/** Who fills an object up: the pods that count most in a number, with whose they are. */

import type { CapacityMeasure } from '../../api/capacity-policy.ts'
import { nanoPerUnit } from '../../model/quantity.ts'
import type { Finding } from './finding.ts'
import { type CapacityLedger, countedNode } from './ledger.ts'
import type { PodFacts } from './pod-facts.ts'
import type { PolicyScope } from './policy-scope.ts'

export interface Contributor {
  readonly pod: PodFacts
  readonly nano: bigint
}

export interface Surroundings {
  readonly ledger: CapacityLedger
  readonly scope: PolicyScope
}

/** The pods that are part of the finding's number; none for the number of a pod itself. */
export function* countedPods({ subject }: Finding, { ledger, scope }: Surroundings): Iterable<PodFacts> {
  switch (subject.kind) {
    case 'Node':
      yield* ledger.nodes.get(subject.name)?.pods ?? []
      return
    case 'Namespace':
      for (const pod of ledger.namespaces.get(subject.name)?.pods.values() ?? []) {
        if (scope.hasNode(countedNode(pod))) yield pod
      }
      return
    case 'NodePool':
      for (const { pods } of scope.pools.get(subject.name)?.nodes ?? []) yield* pods
      return
    case 'Cluster':
      for (const { pods } of scope.cluster.nodes) yield* pods
  }
}

/** The largest first; pods that count nothing are left out. */
export function biggestContributors(finding: Finding, surroundings: Surroundings, count: number): Contributor[] {
  const amountOf = podAmount(finding, surroundings.ledger)
  const biggest: Contributor[] = []
  for (const pod of countedPods(finding, surroundings)) {
    const nano = amountOf(pod)
    if (nano <= 0n || (biggest.length === count && nano <= biggest[count - 1]!.nano)) continue
    biggest.splice(biggest.findIndex((other) => other.nano < nano) >>> 0, 0, { pod, nano })
    biggest.length = Math.min(biggest.length, count)
  }
  return biggest
}

/** What a pod counts in the number; a quota's names say which side: `requests.cpu`, `limits.memory`, plain `cpu` is requests. */
function podAmount({ rule, subject }: Finding, ledger: CapacityLedger): (pod: PodFacts) => bigint {
  const [, side, name] = /^(?:(requests|limits)\.)?(.+)$/.exec(subject.resource) ?? []
  const resource = rule.measure === 'Quota' ? (name ?? '') : subject.resource
  if (resource === 'pods') return () => nanoPerUnit
  if (rule.measure === 'Utilization') return (pod) => ledger.podSample(pod)?.usage.get(resource)?.nano ?? 0n
  const isLimits = declaredSide(rule.measure, side) === 'limits'
  return ({ resources }) => (isLimits ? resources.limits : resources.requests).get(resource)?.nano ?? 0n
}

function declaredSide(measure: CapacityMeasure, quotaSide: string | undefined): 'requests' | 'limits' {
  return measure === 'Limits' || (measure === 'Quota' && quotaSide === 'limits') ? 'limits' : 'requests'
}
