/**
 * Capacity as a whole, without a clock, a timer or a connection: the cluster's objects go in as they change, with the time;
 * findings come out through `tell` while the call runs. The caller loads the ledger first and adds policies when everything is
 * there: a policy is judged over all that is known as soon as it is set.
 */
import type { Alert, PolicyReference } from '../../model/alert.ts'
import { CapacityLedger, countedNode, type PodChange } from './ledger.ts'
import type { NamespaceFacts, NodeFacts, QuotaFacts, UsageSample } from './node-facts.ts'
import { restoreAlerts } from './open-alerts.ts'
import type { PodFacts } from './pod-facts.ts'
import { PolicyEvaluator } from './policy-evaluator.ts'
import type { Tell } from './rule-book.ts'
import { choiceKey, noEffect, Selection } from './selection.ts'
import type { WatchedPolicy } from './watched-policy.ts'

export interface EngineOptions {
  readonly tell: Tell
  /** A sample older than this is as good as none: the number is Unknown. Three times the interval of the metrics API's polls does well. */
  readonly maxSampleAgeMs: number
  /** Samples became too old by themselves: numbers are Unknown that were not. */
  readonly onUsageOld?: () => void
}

export interface UsageRound {
  readonly nodes?: readonly UsageSample[]
  readonly pods?: readonly UsageSample[]
}

/** Samples grow old each at its own moment: they are looked through this often at most. */
const oldUsageGrainMs = 1_000

export class CapacityEngine {
  readonly ledger = new CapacityLedger()
  readonly #options: EngineOptions
  /** By the policy's uid. */
  readonly #evaluators = new Map<string, PolicyEvaluator>()
  /** The sums that policies share, by how they choose nodes. */
  readonly #selections = new Map<string, Selection>()
  /** When the next sample will be too old; nothing is judged after that before it was dropped. */
  #usageOldAtMs = Number.POSITIVE_INFINITY

  constructor(options: EngineOptions) {
    this.#options = options
  }

  evaluator({ uid }: PolicyReference): PolicyEvaluator | undefined {
    return this.#evaluators.get(uid)
  }

  /** Adds a policy, or carries its alerts over to its new version. `open`: what the log has of it as open, for the first time only. */
  setPolicy(policy: WatchedPolicy, nowMs: number, open: readonly Alert[] = []): void {
    this.#forgetOldUsage(nowMs)
    const { uid } = policy.reference
    const earlier = this.#evaluators.get(uid)
    const { ledger } = this
    const evaluator = new PolicyEvaluator({
      ledger,
      selection: this.#selectionFor(policy),
      policy,
      tell: this.#options.tell,
    })
    this.#evaluators.set(uid, evaluator)
    if (earlier === undefined) restoreAlerts(evaluator, open)
    else evaluator.takeOver(earlier, nowMs)
    evaluator.evaluateAll(nowMs)
    this.#forgetUnusedSelections()
  }

  /** Closes what is open: the policy was deleted. */
  removePolicy({ uid }: PolicyReference, nowMs: number): void {
    this.#evaluators.get(uid)?.closeAll('PolicyDeleted', nowMs)
    this.#evaluators.delete(uid)
    this.#forgetUnusedSelections()
  }

  /** Judges it no longer; nothing is closed. */
  forgetPolicy({ uid }: PolicyReference): void {
    this.#evaluators.delete(uid)
    this.#forgetUnusedSelections()
  }

  /** Everything of one policy again: the interval has passed. */
  evaluate({ uid }: PolicyReference, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.#evaluators.get(uid)?.evaluateAll(nowMs)
  }

  /** What is pending or open and whose time has come, of all policies; and what is known for too long. */
  checkDue(nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    for (const evaluator of this.#evaluators.values()) evaluator.checkDue(nowMs)
  }

  /** When `checkDue` should be called; undefined: nothing waits. */
  nextCheckAtMs(): number | undefined {
    const times = [...this.#evaluators.values()].map((evaluator) => evaluator.nextCheckAtMs())
    const atMs = Math.min(this.#usageOldAtMs, ...times.filter((time) => time !== undefined))
    return Number.isFinite(atMs) ? atMs : undefined
  }

  putPod(pod: PodFacts, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.#podChanged(this.ledger.putPod(pod), nowMs)
  }

  removePod(namespace: string, name: string, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.#podChanged(this.ledger.removePod(namespace, name), nowMs)
  }

  /** A node that took the name of another is another: what was open about the first is closed. */
  putNode(node: NodeFacts, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    const known = this.ledger.nodes.get(node.name)?.facts
    if (known !== undefined && known.uid !== node.uid) this.removeNode(node.name, nowMs)
    this.ledger.putNode(node)
    this.#nodeChanged(node.name, nowMs)
  }

  removeNode(name: string, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.ledger.removeNode(name)
    this.#nodeChanged(name, nowMs)
  }

  putNamespace(namespace: NamespaceFacts, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.ledger.putNamespace(namespace)
    this.#namespaceChanged(namespace.name, nowMs)
  }

  removeNamespace(name: string, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.ledger.removeNamespace(name)
    this.#namespaceChanged(name, nowMs)
  }

  putQuota(quota: QuotaFacts, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.ledger.putQuota(quota)
    this.#namespaceChanged(quota.namespace, nowMs)
  }

  removeQuota(namespace: string, name: string, nowMs: number): void {
    this.#forgetOldUsage(nowMs)
    this.ledger.removeQuota(namespace, name)
    this.#namespaceChanged(namespace, nowMs)
  }

  /** A round of samples; also an empty one, after a poll that failed: samples grow old by it. */
  putUsage({ nodes = [], pods = [] }: UsageRound, nowMs: number): void {
    for (const sample of nodes) if (this.#isFresh(sample, nowMs)) this.#setNodeSample(sample.name, sample)
    for (const sample of pods) {
      const pod = this.ledger.pod(sample.namespace ?? '', sample.name)
      if (pod !== undefined && this.#isFresh(sample, nowMs)) this.#setPodSample(pod, sample)
    }
    this.#dropOldSamples(nowMs)
    for (const evaluator of this.#evaluators.values()) evaluator.judgeUsage(nowMs)
  }

  /** Before anything is judged: also where no round comes, an old sample says nothing. */
  #forgetOldUsage(nowMs: number): void {
    if (nowMs < this.#usageOldAtMs) return
    this.#dropOldSamples(nowMs)
    this.#usageOldAtMs = Math.max(this.#usageOldAtMs, nowMs + oldUsageGrainMs)
    for (const evaluator of this.#evaluators.values()) evaluator.judgeUsage(nowMs)
    this.#options.onUsageOld?.()
  }

  #podChanged(change: PodChange, nowMs: number): void {
    if (isCountedAlike(change)) return
    for (const selection of this.#selections.values()) selection.podChanged(change)
    for (const evaluator of this.#evaluators.values()) evaluator.podChanged(change, nowMs)
  }

  #nodeChanged(name: string, nowMs: number): void {
    const effects = new Map([...this.#selections].map(([key, selection]) => [key, selection.nodeChanged(name)]))
    for (const evaluator of this.#evaluators.values()) {
      evaluator.nodeChanged(name, effects.get(choiceKey(evaluator.policy)) ?? noEffect, nowMs)
    }
  }

  #namespaceChanged(name: string, nowMs: number): void {
    for (const evaluator of this.#evaluators.values()) evaluator.namespaceChanged(name, nowMs)
  }

  #setNodeSample(name: string, sample: UsageSample | undefined): void {
    this.ledger.setNodeSample(name, sample)
    for (const selection of this.#selections.values()) selection.nodeSampleChanged(name)
  }

  #setPodSample(pod: PodFacts, sample: UsageSample | undefined): void {
    const change = this.ledger.setPodSample(pod, sample)
    for (const selection of this.#selections.values()) selection.podSampleChanged(pod, change)
  }

  #selectionFor(policy: WatchedPolicy): Selection {
    const key = choiceKey(policy)
    const selection = this.#selections.get(key) ?? new Selection(this.ledger, policy)
    this.#selections.set(key, selection)
    return selection
  }

  #forgetUnusedSelections(): void {
    const used = new Set([...this.#evaluators.values()].map(({ policy }) => choiceKey(policy)))
    for (const key of this.#selections.keys()) if (!used.has(key)) this.#selections.delete(key)
  }

  #isFresh({ atMs }: UsageSample, nowMs: number): boolean {
    return nowMs - atMs <= this.#options.maxSampleAgeMs
  }

  #dropOldSamples(nowMs: number): void {
    let oldestMs = Number.POSITIVE_INFINITY
    const isOld = (sample: UsageSample): boolean => {
      if (!this.#isFresh(sample, nowMs)) return true
      oldestMs = Math.min(oldestMs, sample.atMs)
      return false
    }
    for (const { name, sample } of this.ledger.nodes.values()) {
      if (sample !== undefined && isOld(sample)) this.#setNodeSample(name, undefined)
    }
    for (const { pods, samples } of this.ledger.namespaces.values()) {
      for (const sample of samples.values()) {
        const pod = pods.get(sample.name)
        if (isOld(sample) && pod !== undefined) this.#setPodSample(pod, undefined)
      }
    }
    this.#usageOldAtMs = oldestMs + this.#options.maxSampleAgeMs + 1
  }
}

/** The same pod with the same amounts at the same place: what changed of it is of no matter here. */
function isCountedAlike({ previous, next }: PodChange): boolean {
  return (
    previous?.uid === next?.uid &&
    previous?.resources === next?.resources &&
    countedNode(previous) === countedNode(next)
  )
}
