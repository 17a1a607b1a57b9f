/**
 * One policy at work: which numbers a change of the cluster can have moved, and what the judge says of these. A pod's change
 * looks at the pod, its node, its namespace, its pool and the cluster, each by sums that are kept; nothing is added up anew.
 * `evaluateAll` looks at everything; after any change it finds what the change by itself found, and nothing more.
 */
import type { CapacityScope } from '../../api/capacity-policy.ts'
import { type CloseReason, clusterName, type Finding, type Subject } from './finding.ts'
import { type CapacityLedger, type Change, countedNode, type NamespaceEntry } from './ledger.ts'
import type { PodFacts } from './pod-facts.ts'
import { PolicyScope } from './policy-scope.ts'
import { type Case, RuleBook, type Tell } from './rule-book.ts'
import type { NodeEffect, Selection } from './selection.ts'
import { createTargetFinders, type Measured, objectKeyOf, type Target, type TargetFinders } from './targets.ts'
import { isSameQuestion, type WatchedPolicy, type WatchedRule } from './watched-policy.ts'

export interface EvaluatorOptions {
  readonly ledger: CapacityLedger
  /** The sums over the policy's nodes, kept by the caller, who changes them before the evaluator hears of a change. */
  readonly selection: Selection
  readonly policy: WatchedPolicy
  readonly tell: Tell
}

export class PolicyEvaluator {
  readonly policy: WatchedPolicy
  readonly scope: PolicyScope
  readonly books: readonly RuleBook[]
  readonly #ledger: CapacityLedger
  readonly #targets: TargetFinders
  readonly #byScope: ReadonlyMap<CapacityScope, readonly RuleBook[]>
  readonly #tell: Tell
  /** Of alerts that were taken up but that no rule asks about any more; closed at the first evaluation of a policy that does not rest. */
  readonly #orphans: RuleBook[] = []

  constructor({ ledger, selection, policy, tell }: EvaluatorOptions) {
    this.policy = policy
    this.scope = new PolicyScope(ledger, policy, selection)
    this.#ledger = ledger
    this.#tell = tell
    this.#targets = createTargetFinders(ledger, this.scope)
    this.books = policy.rules.map((rule) => new RuleBook(policy, rule, tell))
    this.#byScope = Map.groupBy(this.books, ({ rule }) => rule.scope)
  }

  /** Takes over the cases of an earlier version of the policy; what no rule asks any more is closed. */
  takeOver(earlier: PolicyEvaluator, nowMs: number): void {
    for (const book of earlier.books) {
      const heir = this.books.find(({ rule }) => rule.name === book.rule.name)
      if (heir === undefined) book.closeAll('RuleRemoved', nowMs)
      else if (!isSameQuestion(heir.rule, book.rule)) book.closeAll('RuleChanged', nowMs)
      else this.#inherit(heir, book)
    }
    for (const { rule, cases } of earlier.#orphans) for (const known of cases) this.restore(rule.name, known)
  }

  /** Takes up an alert that an earlier process had open. */
  restore(ruleName: string, known: Case): void {
    const { subject } = known
    const book = this.books.find(({ rule }) => rule.name === ruleName && rule.scope === subject.kind)
    const key = objectKeyOf(subject)
    if (book !== undefined) {
      book.restore(key, known)
      return
    }
    const orphan = new RuleBook(this.policy, orphanRule(ruleName, subject), this.#tell)
    orphan.restore(key, known)
    this.#orphans.push(orphan)
  }

  podChanged({ previous, next }: Change<PodFacts>, nowMs: number): void {
    const pod = next ?? previous
    if (pod === undefined || this.policy.isSuspended) return
    this.#judgeAt('Pod', pod.key, nowMs)
    this.#judgeAt('Namespace', pod.namespace, nowMs)
    const [before, now] = [countedNode(previous), countedNode(next)]
    if (before !== undefined) this.#judgeAroundNode(before, nowMs)
    if (now !== undefined && now !== before) this.#judgeAroundNode(now, nowMs)
  }

  /** `effect`: what it did to the selection. */
  nodeChanged(name: string, { isChanged, pools }: NodeEffect, nowMs: number): void {
    if (!isChanged || this.policy.isSuspended) return
    this.#judgeAt('Node', name, nowMs)
    this.#judgeAt('Cluster', clusterName, nowMs)
    for (const pool of pools) this.#judgeAt('NodePool', pool, nowMs)
    this.#judgePods(this.#ledger.nodes.get(name)?.pods, nowMs)
    for (const namespace of this.#ledger.namespaces.keys()) this.#judgeAt('Namespace', namespace, nowMs)
  }

  /** Also when its quotas changed. */
  namespaceChanged(name: string, nowMs: number): void {
    if (this.policy.isSuspended) return
    this.#judgeAt('Namespace', name, nowMs)
    this.#judgePods(this.#ledger.namespaces.get(name)?.pods.values(), nowMs)
  }

  /** After a round of samples. */
  judgeUsage(nowMs: number): void {
    if (this.policy.isSuspended) return
    for (const book of this.books) if (book.rule.measure === 'Utilization') this.#judgeAll(book, nowMs)
  }

  evaluateAll(nowMs: number): void {
    if (this.policy.isSuspended) return
    for (const orphan of this.#orphans.splice(0)) orphan.closeAll('RuleRemoved', nowMs)
    for (const book of this.books) {
      book.beginRound()
      this.#judgeAll(book, nowMs)
      for (const key of book.endRound()) this.#judgeKey(book, key, nowMs)
    }
  }

  /** Judges again what is pending or open and whose time has come. */
  checkDue(nowMs: number): void {
    if (this.policy.isSuspended) return
    for (const book of this.books) for (const key of book.due(nowMs)) this.#judgeKey(book, key, nowMs)
  }

  nextCheckAtMs(): number | undefined {
    if (this.policy.isSuspended) return undefined
    const times = this.books.map((book) => book.nextCheckAtMs).filter((atMs) => atMs !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  closeAll(reason: CloseReason, nowMs: number): void {
    for (const book of [...this.books, ...this.#orphans]) book.closeAll(reason, nowMs)
  }

  /** The namespaces that the policy selects. */
  selectedNamespaces(): readonly NamespaceEntry[] {
    return [...this.#ledger.namespaces.values()].filter((entry) => this.scope.hasNamespace(entry))
  }

  /** What fires, as it would be found now; undefined where that cannot be said. */
  describe(ruleName: string, subject: Subject, nowMs: number): Finding | undefined {
    return this.books.find(({ rule }) => rule.name === ruleName)?.describe(subject, nowMs)
  }

  /** Every number that the policy looks at, as it is now. */
  *measureAll(): IterableIterator<{ book: RuleBook; target: Target; measured: Measured }> {
    for (const book of this.books) {
      for (const target of this.#targets[book.rule.scope].all()) {
        for (const measured of target.measure(book.rule, noResources)) yield { book, target, measured }
      }
    }
  }

  /** While nobody looks, nothing is seen to stay above: what is pending is not taken into a pause. */
  #inherit(heir: RuleBook, book: RuleBook): void {
    for (const [key, known] of book.entries()) {
      if (known.verdict.phase !== 'Pending' || !this.policy.isSuspended) heir.restore(key, known)
    }
  }

  #judgeAt(scope: CapacityScope, key: string, nowMs: number): void {
    const books = this.#byScope.get(scope)
    if (books === undefined) return
    const target = this.#targets[scope].at(key)
    for (const book of books) this.#settle(book, key, target, nowMs)
  }

  #judgePods(pods: Iterable<PodFacts> | undefined, nowMs: number): void {
    if (!this.#byScope.has('Pod')) return
    for (const pod of pods ?? []) this.#judgeAt('Pod', pod.key, nowMs)
  }

  /** The sums that a pod on this node is part of. */
  #judgeAroundNode(name: string, nowMs: number): void {
    if (!this.scope.hasNode(name)) return
    this.#judgeAt('Node', name, nowMs)
    this.#judgeAt('Cluster', clusterName, nowMs)
    const pool = this.scope.poolOf(name)
    if (pool !== undefined) this.#judgeAt('NodePool', pool, nowMs)
  }

  #judgeAll(book: RuleBook, nowMs: number): void {
    for (const target of this.#targets[book.rule.scope].all()) this.#settle(book, target.key, target, nowMs)
  }

  #judgeKey(book: RuleBook, key: string, nowMs: number): void {
    this.#settle(book, key, this.#targets[book.rule.scope].at(key), nowMs)
  }

  #settle(book: RuleBook, key: string, target: Target | CloseReason, nowMs: number): void {
    if (typeof target === 'string') book.close(key, target, nowMs)
    else book.settle(target, nowMs)
  }
}

const noResources = () => []

function orphanRule(name: string, { kind, resource }: Subject): WatchedRule {
  const thresholds = { abovePercent: 100n, clearPercent: 100n, forMs: 0 }
  return { name, scope: kind, measure: 'Requests', resource, ...thresholds, severity: 'warning', lostNodes: 1 }
}
