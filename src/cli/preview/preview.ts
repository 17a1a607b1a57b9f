/** What policies would say now: the operator's own engine over one picture of the cluster, with nobody told. */
import { namespaceOnly } from '../../api/scope-rule.ts'
import type { Alert } from '../../model/alert.ts'
import { alertOf } from '../../watchers/capacity/alert.ts'
import { CapacityEngine } from '../../watchers/capacity/capacity-engine.ts'
import type { Finding, Subject } from '../../watchers/capacity/finding.ts'
import { isAbove, type KnownMeasurement, unknownReasons } from '../../watchers/capacity/measurement.ts'
import {
  maxSampleAgeMs,
  type NamespaceFacts,
  type NodeFacts,
  type QuotaFacts,
  type UsageSample,
} from '../../watchers/capacity/node-facts.ts'
import type { PodFacts } from '../../watchers/capacity/pod-facts.ts'
import type { PolicyEvaluator } from '../../watchers/capacity/policy-evaluator.ts'
import { type WatchedPolicy, type WatchedRule, watchPolicy } from '../../watchers/capacity/watched-policy.ts'
import type { PolicyManifest } from './policy-file.ts'

export interface PreviewFacts {
  readonly nodes: readonly NodeFacts[]
  readonly pods: readonly PodFacts[]
  readonly namespaces: readonly NamespaceFacts[]
  readonly quotas: readonly QuotaFacts[]
  readonly nodeUsage: readonly UsageSample[]
  readonly podUsage: readonly UsageSample[]
  readonly nowMs: number
  readonly warnings: readonly string[]
}

/** An alert as it would be told, with the words that it would be told in. */
export interface PreviewedAlert {
  readonly rule: string
  readonly subject: Subject
  readonly alert: Alert
  /** How long the number has to stay above before it is told; 0: it is told at once. */
  readonly forMs: number
}

export interface UnknownNumber {
  readonly rule: string
  readonly subject: Subject
  readonly reason: string
}

export interface PolicyPreview {
  readonly namespace: string
  readonly name: string
  readonly isSuspended: boolean
  /** `namespace/name`; empty: the operator's console and an Event on the policy. */
  readonly receivers: readonly string[]
  readonly watched: { readonly nodes: number; readonly pods: number; readonly namespaces: number }
  readonly firing: readonly PreviewedAlert[]
  readonly pending: readonly PreviewedAlert[]
  readonly unknown: readonly UnknownNumber[]
  /** Numbers that are known and not above. */
  readonly fineCount: number
}

export function previewPolicies(
  policies: readonly PolicyManifest[],
  facts: PreviewFacts,
  systemNamespace: string,
): PolicyPreview[] {
  const findings: Finding[] = []
  const engine = new CapacityEngine({ tell: (finding) => findings.push(finding), maxSampleAgeMs })
  load(engine, facts)
  return policies.map((policy) => {
    const watched = watch(policy, systemNamespace)
    findings.length = 0
    engine.setPolicy(watched, facts.nowMs)
    const evaluator = engine.evaluator(watched.reference)!
    const preview = describe(policy, { evaluator, engine, raised: [...findings], nowMs: facts.nowMs })
    engine.removePolicy(watched.reference, facts.nowMs)
    return preview
  })
}

function load(engine: CapacityEngine, facts: PreviewFacts): void {
  const { nodes, pods, namespaces, quotas, nodeUsage, podUsage, nowMs } = facts
  for (const node of nodes) engine.putNode(node, nowMs)
  for (const namespace of namespaces) engine.putNamespace(namespace, nowMs)
  for (const pod of pods) engine.putPod(pod, nowMs)
  for (const quota of quotas) engine.putQuota(quota, nowMs)
  engine.putUsage({ nodes: nodeUsage, pods: podUsage }, nowMs)
}

/** A suspended policy is judged all the same: that is what somebody wants to know before it is let loose. */
function watch({ namespace, name, spec }: PolicyManifest, systemNamespace: string): WatchedPolicy {
  const onlyNamespace = namespaceOnly({ namespace, systemNamespace })
  return watchPolicy({
    reference: { kind: 'CapacityPolicy', namespace, name, uid: '' },
    spec: { ...spec, suspend: false },
    ...(onlyNamespace === undefined ? {} : { onlyNamespace }),
  })
}

interface Judged {
  readonly evaluator: PolicyEvaluator
  readonly engine: CapacityEngine
  readonly raised: readonly Finding[]
  readonly nowMs: number
}

function describe({ namespace, name, spec }: PolicyManifest, judged: Judged): PolicyPreview {
  const { evaluator } = judged
  const { unknown, fineCount } = measureAll(evaluator)
  const namespaces = evaluator.selectedNamespaces()
  const podCounts = namespaces.map((entry) => evaluator.scope.namespaceTotals(entry.name)?.podCount ?? 0)
  return {
    ...{ namespace, name, isSuspended: spec.suspend, unknown, fineCount },
    receivers: (spec.receivers ?? []).map((receiver) => `${receiver.namespace ?? namespace}/${receiver.name}`),
    watched: {
      nodes: evaluator.scope.cluster.nodes.size,
      pods: podCounts.reduce((sum, count) => sum + count, 0),
      namespaces: namespaces.length,
    },
    firing: judged.raised.map((finding) => previewAlert(finding, judged)),
    pending: pendingFindings(judged).map((finding) => previewAlert(finding, judged)),
  }
}

function pendingFindings({ evaluator, nowMs }: Judged): Finding[] {
  const { policy, books } = evaluator
  return books.flatMap(({ rule, cases }) =>
    [...cases].flatMap(({ subject, verdict, measurement }): Finding[] => {
      if (verdict.phase !== 'Pending' || measurement === undefined) return []
      return [{ event: 'raise', policy, rule, subject, measurement, sinceMs: nowMs, atMs: nowMs }]
    }),
  )
}

function previewAlert(finding: Finding, { evaluator, engine }: Judged): PreviewedAlert {
  const surroundings = { ledger: engine.ledger, scope: evaluator.scope, clusterName: undefined }
  return {
    rule: finding.rule.name,
    subject: finding.subject,
    alert: alertOf(finding, surroundings),
    forMs: finding.rule.forMs,
  }
}

function measureAll(evaluator: PolicyEvaluator): { unknown: UnknownNumber[]; fineCount: number } {
  const unknown: UnknownNumber[] = []
  let fineCount = 0
  for (const { book, target, measured } of evaluator.measureAll()) {
    const { resource, quota, measurement } = measured
    const reason = measurement.isKnown ? lowerBoundReason(measurement, book.rule) : unknownReasons[measurement.reason]
    if (reason !== undefined) {
      const subject = { ...target.identify(), resource, ...(quota === undefined ? {} : { quota }) }
      unknown.push({ rule: book.rule.name, subject, reason })
    } else if (measurement.isKnown && !isAbove(measurement, book.rule.abovePercent)) fineCount += 1
  }
  return { unknown, fineCount }
}

function lowerBoundReason(measurement: KnownMeasurement, { abovePercent }: WatchedRule): string | undefined {
  if (!measurement.isAtLeast || isAbove(measurement, abovePercent)) return undefined
  return 'some samples are missing, and without them it is not above'
}
