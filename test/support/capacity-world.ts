/** A small cluster in memory for tests of capacity: real ledger, real evaluators, a clock moved by hand. */
import { type CapacityPolicySpec, capacityPolicy } from '../../src/api/capacity-policy.ts'
import type { Alert } from '../../src/model/alert.ts'
import { alertOf } from '../../src/watchers/capacity/alert.ts'
import { CapacityEngine } from '../../src/watchers/capacity/capacity-engine.ts'
import type { Finding } from '../../src/watchers/capacity/finding.ts'
import type { CapacityLedger } from '../../src/watchers/capacity/ledger.ts'
import { measurementPercent } from '../../src/watchers/capacity/measurement-text.ts'
import { projectNode, projectQuota, projectUsage } from '../../src/watchers/capacity/node-facts.ts'
import { createPodProjection } from '../../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../src/watchers/capacity/pod-object.ts'
import type { PolicyEvaluator } from '../../src/watchers/capacity/policy-evaluator.ts'
import { type WatchedPolicy, watchPolicy } from '../../src/watchers/capacity/watched-policy.ts'

export interface PodShape {
  readonly namespace?: string
  readonly name: string
  readonly node?: string
  readonly uid?: string
  readonly phase?: string
  readonly requests?: Record<string, string>
  readonly limits?: Record<string, string>
  readonly owner?: string
}

const project = createPodProjection()

export function aPod({ namespace = 'default', name, node, uid = name, phase = 'Running', ...rest }: PodShape) {
  const { requests = {}, limits = {}, owner } = rest
  const object: PodObject = {
    metadata: {
      name,
      namespace,
      uid,
      ownerReferences: owner === undefined ? [] : [{ kind: 'StatefulSet', name: owner, controller: true }],
    },
    spec: {
      ...(node === undefined ? {} : { nodeName: node }),
      containers: [{ name: 'app', resources: { requests, limits } }],
    },
    status: { phase },
  }
  return project(object)
}

export function aNode(
  name: string,
  allocatable: Record<string, string>,
  labels: Record<string, string> = {},
  uid = name,
) {
  const conditions = [{ type: 'Ready', status: 'True' }]
  return projectNode({ metadata: { name, uid, labels }, status: { allocatable, conditions } })
}

export function aQuota(namespace: string, name: string, hard: Record<string, string>, used: Record<string, string>) {
  return projectQuota({ metadata: { namespace, name, uid: name }, status: { hard, used } })
}

export function aSample(place: { namespace?: string; name: string }, usage: Record<string, string>, atMs: number) {
  return projectUsage({ metadata: place, timestamp: new Date(atMs).toISOString(), usage })
}

/** The spec with its defaults, as the API server would store it. */
export function aPolicy(name: string, spec: object, onlyNamespace?: string): WatchedPolicy {
  const complete = capacityPolicy.spec.parse(spec) as CapacityPolicySpec
  const reference = { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name, uid: `uid-${name}` }
  return watchPolicy({ reference, spec: complete, ...(onlyNamespace === undefined ? {} : { onlyNamespace }) })
}

export const startMs = Date.parse('2026-11-21T03:00:00Z')

export class CapacityWorld {
  readonly findings: Finding[] = []
  readonly policies = new Map<string, WatchedPolicy>()
  readonly engine = new CapacityEngine({ tell: (finding) => this.findings.push(finding), maxSampleAgeMs: 90_000 })
  nowMs = startMs

  get ledger(): CapacityLedger {
    return this.engine.ledger
  }

  evaluator(name: string): PolicyEvaluator {
    const policy = this.policies.get(name)
    const evaluator = policy && this.engine.evaluator(policy.reference)
    if (evaluator === undefined) throw new Error(`there is no policy ${name}`)
    return evaluator
  }

  setPolicy(policy: WatchedPolicy, open: readonly Alert[] = []): void {
    this.policies.set(policy.reference.name, policy)
    this.engine.setPolicy(policy, this.nowMs, open)
  }

  removePolicy(name: string): void {
    this.engine.removePolicy(this.evaluator(name).policy.reference, this.nowMs)
    this.policies.delete(name)
  }

  putPod(shape: PodShape): void {
    this.engine.putPod(aPod(shape), this.nowMs)
  }

  removePod(namespace: string, name: string): void {
    this.engine.removePod(namespace, name, this.nowMs)
  }

  putNode(...node: Parameters<typeof aNode>): void {
    this.engine.putNode(aNode(...node), this.nowMs)
  }

  removeNode(name: string): void {
    this.engine.removeNode(name, this.nowMs)
  }

  putNamespace(name: string, labels: Record<string, string> = {}): void {
    this.engine.putNamespace({ name, uid: name, labels }, this.nowMs)
  }

  removeNamespace(name: string): void {
    this.engine.removeNamespace(name, this.nowMs)
  }

  putQuota(...quota: Parameters<typeof aQuota>): void {
    this.engine.putQuota(aQuota(...quota), this.nowMs)
  }

  removeQuota(namespace: string, name: string): void {
    this.engine.removeQuota(namespace, name, this.nowMs)
  }

  sampleNode(name: string, usage: Record<string, string>): void {
    this.engine.putUsage({ nodes: [aSample({ name }, usage, this.nowMs)] }, this.nowMs)
  }

  samplePod(namespace: string, name: string, usage: Record<string, string>): void {
    this.engine.putUsage({ pods: [aSample({ namespace, name }, usage, this.nowMs)] }, this.nowMs)
  }

  /** A round of samples that brings nothing. */
  sampleNothing(): void {
    this.engine.putUsage({}, this.nowMs)
  }

  /** Lets time pass, waking whenever the engine asked for it. */
  pass(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    for (;;) {
      const nextMs = this.engine.nextCheckAtMs()
      if (nextMs === undefined || nextMs > endMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      this.engine.checkDue(this.nowMs)
    }
    this.nowMs = endMs
  }

  evaluateAll(): void {
    for (const { reference } of this.policies.values()) this.engine.evaluate(reference, this.nowMs)
  }

  /** Takes what was found since the last call, as `event kind ns/name resource`. */
  news(): string[] {
    return this.findings.splice(0).map(({ event, closeReason, subject }) => {
      const { kind, namespace, name, resource, quota } = subject
      const where = namespace === undefined ? name : `${namespace}/${name}`
      return [event, closeReason, kind, where, quota, resource].filter(Boolean).join(' ')
    })
  }

  /** Takes what was found since the last call as people get it. */
  alerts(): Alert[] {
    return this.findings.splice(0).map((finding) => {
      const { scope } = this.evaluator(finding.policy.reference.name)
      return alertOf(finding, { ledger: this.ledger, scope, clusterName: undefined })
    })
  }

  /** Every number of a policy: `rule kind/name resource` to percent, or why it is unknown. */
  numbers(name: string): Record<string, string> {
    const result: Record<string, string> = {}
    for (const { book, target, measured } of this.evaluator(name).measureAll()) {
      const { measurement, resource, quota = '' } = measured
      const key = [book.rule.name, target.key, quota, resource].filter(Boolean).join(' ')
      result[key] = measurement.isKnown ? measurementPercent(measurement, book.rule) : measurement.reason
    }
    return result
  }

  /** What every rule of every policy remembers. */
  memory(): unknown {
    return [...this.policies.keys()].map((name) => [
      name,
      this.evaluator(name).books.map(({ rule, cases }) => [
        rule.name,
        cases.map(({ subject, verdict }) => ({ subject, verdict })),
      ]),
    ])
  }
}
