/** A small cluster in memory for tests of capacity: real ledger, real evaluators, a clock moved by hand. */
import type { CapacityPolicySpec } from '../../src/api/capacity-policy.ts'
import { capacityPolicy } from '../../src/api/capacity-policy.ts'
import type { Alert } from '../../src/model/alert.ts'
import { alertOf } from '../../src/watchers/capacity/alert.ts'
import type { Finding } from '../../src/watchers/capacity/finding.ts'
import { CapacityLedger } from '../../src/watchers/capacity/ledger.ts'
import { measurementPercent } from '../../src/watchers/capacity/measurement-text.ts'
import { projectNode, projectQuota, projectUsage } from '../../src/watchers/capacity/node-facts.ts'
import { createPodProjection } from '../../src/watchers/capacity/pod-facts.ts'
import type { PodObject } from '../../src/watchers/capacity/pod-object.ts'
import { PolicyEvaluator } from '../../src/watchers/capacity/policy-evaluator.ts'
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
  readonly ledger = new CapacityLedger()
  readonly evaluators = new Map<string, PolicyEvaluator>()
  readonly findings: Finding[] = []
  nowMs = startMs

  setPolicy(policy: WatchedPolicy): PolicyEvaluator {
    const { name } = policy.reference
    const evaluator = new PolicyEvaluator(this.ledger, policy, (finding) => this.findings.push(finding))
    const earlier = this.evaluators.get(name)
    if (earlier !== undefined) evaluator.takeOver(earlier, this.nowMs)
    this.evaluators.set(name, evaluator)
    evaluator.evaluateAll(this.nowMs)
    return evaluator
  }

  removePolicy(name: string): void {
    this.evaluators.get(name)?.closeAll('PolicyDeleted', this.nowMs)
    this.evaluators.delete(name)
  }

  putPod(shape: PodShape): void {
    const change = this.ledger.putPod(aPod(shape))
    this.#each((evaluator) => evaluator.podChanged(change, this.nowMs))
  }

  removePod(namespace: string, name: string): void {
    const change = this.ledger.removePod(namespace, name)
    this.#each((evaluator) => evaluator.podChanged(change, this.nowMs))
  }

  putNode(...node: Parameters<typeof aNode>): void {
    this.ledger.putNode(aNode(...node))
    this.#each((evaluator) => evaluator.nodeChanged(node[0], this.nowMs))
  }

  removeNode(name: string): void {
    this.ledger.removeNode(name)
    this.#each((evaluator) => evaluator.nodeChanged(name, this.nowMs))
  }

  putNamespace(name: string, labels: Record<string, string> = {}): void {
    this.ledger.putNamespace({ name, uid: name, labels })
    this.#each((evaluator) => evaluator.namespaceChanged(name, this.nowMs))
  }

  removeNamespace(name: string): void {
    this.ledger.removeNamespace(name)
    this.#each((evaluator) => evaluator.namespaceChanged(name, this.nowMs))
  }

  putQuota(...quota: Parameters<typeof aQuota>): void {
    this.ledger.putQuota(aQuota(...quota))
    this.#each((evaluator) => evaluator.namespaceChanged(quota[0], this.nowMs))
  }

  removeQuota(namespace: string, name: string): void {
    this.ledger.removeQuota(namespace, name)
    this.#each((evaluator) => evaluator.namespaceChanged(namespace, this.nowMs))
  }

  /** Undefined: the sample is lost. */
  sampleNode(name: string, usage: Record<string, string> | undefined): void {
    this.ledger.setNodeSample(name, usage && aSample({ name }, usage, this.nowMs))
    this.#each((evaluator) => evaluator.nodeSampleChanged(name))
    this.#each((evaluator) => evaluator.judgeUsage(this.nowMs))
  }

  samplePod(namespace: string, name: string, usage: Record<string, string> | undefined): void {
    const pod = this.ledger.pod(namespace, name)
    if (pod === undefined) return
    const change = this.ledger.setPodSample(pod, usage && aSample({ namespace, name }, usage, this.nowMs))
    this.#each((evaluator) => evaluator.podSampleChanged(pod, change))
    this.#each((evaluator) => evaluator.judgeUsage(this.nowMs))
  }

  /** Lets time pass, waking whenever an evaluator asked for it. */
  pass(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    for (;;) {
      const times = [...this.evaluators.values()].map((one) => one.nextCheckAtMs()).filter((atMs) => atMs !== undefined)
      const nextMs = Math.min(...times)
      if (nextMs > endMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      this.#each((evaluator) => evaluator.checkDue(this.nowMs))
    }
    this.nowMs = endMs
  }

  evaluateAll(): void {
    this.#each((evaluator) => evaluator.evaluateAll(this.nowMs))
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
      const evaluator = this.evaluators.get(finding.policy.reference.name)
      if (evaluator === undefined) throw new Error('the policy is gone: make its alert before')
      return alertOf(finding, { ledger: this.ledger, scope: evaluator.scope, clusterName: undefined })
    })
  }

  /** Every number of a policy: `rule kind/name resource` to percent, or why it is unknown. */
  numbers(name: string): Record<string, string> {
    const result: Record<string, string> = {}
    for (const { book, target, measured } of this.evaluators.get(name)?.measureAll() ?? []) {
      const { measurement, resource, quota = '' } = measured
      const key = [book.rule.name, target.key, quota, resource].filter(Boolean).join(' ')
      result[key] = measurement.isKnown ? measurementPercent(measurement, book.rule) : measurement.reason
    }
    return result
  }

  /** What every rule of every policy remembers. */
  memory(): unknown {
    return [...this.evaluators].map(([name, { books }]) => [
      name,
      books.map(({ rule, cases }) => [rule.name, cases.map(({ subject, verdict }) => ({ subject, verdict }))]),
    ])
  }

  #each(act: (evaluator: PolicyEvaluator) => void): void {
    for (const evaluator of this.evaluators.values()) act(evaluator)
  }
}
