/**
 * The capacity watcher: policies in, alerts out. A thin shell: it feeds the engine, keeps one timer per policy for its
 * interval and one for whatever else can change by the passing of time alone, and hands findings on as alerts.
 *
 * A policy begins to be judged when everything it needs has been seen once, so that nothing is told of half a cluster.
 */
import type { CapacityPolicySpec } from '../../api/capacity-policy.ts'
import { durationMs } from '../../api/duration.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { WatchCache } from '../../kube/watch-cache.ts'
import type { Alert, AlertRoute, PolicyReference, ReceiverUse } from '../../model/alert.ts'
import { alertOf, restate } from './alert.ts'
import { CapacityEngine, type UsageRound } from './capacity-engine.ts'
import type { CapacityMetrics } from './capacity-metrics.ts'
import { CapacityFeed, type FeedKind } from './feed.ts'
import type { Finding } from './finding.ts'
import { maxSampleAgeMs, type NamespaceFacts } from './node-facts.ts'
import { subjectOf } from './open-alerts.ts'
import type { PolicyEvaluator } from './policy-evaluator.ts'
import { UsagePoller, usagePollMs } from './usage-poller.ts'
import { type CapacityView, type Told, viewOf } from './view.ts'
import { watchPolicy } from './watched-policy.ts'

/** Where alerts go. It remembers what is open, and whom it told. */
export interface AlertSink {
  put(alert: Alert, route: AlertRoute): void
  /** The alerts of a policy go elsewhere from now on. */
  reroute(policyUid: string, routeOf: (alert: Alert) => AlertRoute): void
  /** What an earlier process left open. */
  openAlerts(policyUid: string): readonly Alert[]
  toldOf(alertKey: string): Told | undefined
  /** Of a suspended policy nothing is told; when that is over, what still holds is. */
  setSuspended(policyUid: string, isSuspended: boolean): void
}

/** One accepted policy. */
export interface CapacityWork {
  readonly reference: PolicyReference
  readonly generation: number
  readonly spec: CapacityPolicySpec
  /** Set: the policy sees this namespace alone, whatever its spec says. */
  readonly onlyNamespace: string | undefined
  /** Empty: the operator's own console. */
  readonly receivers: readonly ReceiverUse[]
}

export interface CapacityWatcherOptions {
  readonly cache: WatchCache
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: CapacityMetrics
  readonly clusterName: string | undefined
  /** Set: only this namespace can be read. */
  readonly watchNamespace: string | undefined
  readonly sink: AlertSink
  /** What `view` gives may have changed. */
  readonly onViewChange: (policy: PolicyReference) => void
}

interface Entry {
  work: CapacityWork
  /** Whether the engine has it. */
  isJudged: boolean
  intervalTimer: Timer | undefined
  lastEvaluationMs: number | undefined
}

const dueGrainMs = 1_000
/** Timers count in 32 bits of milliseconds. */
const longestSleepMs = 24 * 60 * 60_000

export class CapacityWatcher {
  readonly #options: CapacityWatcherOptions
  #engine: CapacityEngine
  #feed: CapacityFeed
  readonly #usage: UsagePoller
  readonly #entries = new Map<string, Entry>()
  readonly #namespaceListeners: (() => void)[] = []
  #dueTimer: Timer | undefined
  /** Whether it stands at a second after a change, and not at the next time that is known. */
  #isDueSoon = false
  #isStopped = false
  #isLeading = false

  constructor(options: CapacityWatcherOptions) {
    this.#options = options
    const { client, clock, logger, watchNamespace } = options
    this.#engine = this.#newEngine()
    this.#feed = this.#newFeed()
    this.#usage = new UsagePoller({
      ...{ client, clock, logger, watchNamespace },
      onRound: (round) => this.#onUsage(round),
    })
  }

  /** Called when the labels of a namespace may have changed. */
  onNamespacesChange(listener: () => void): void {
    this.#namespaceListeners.push(listener)
  }

  /** Undefined while the namespaces have not been read; where they cannot be, no labels are known. */
  namespaceFacts(name: string): Pick<NamespaceFacts, 'name' | 'labels'> | undefined {
    const areRead = this.#options.watchNamespace !== undefined || this.#feed.hasRead('namespaces')
    return areRead ? (this.#engine.ledger.namespaces.get(name)?.facts ?? { name, labels: {} }) : undefined
  }

  /** What is at work; undefined for a policy that is not known here. */
  workOf(uid: string): Pick<CapacityWork, 'generation' | 'spec'> | undefined {
    return this.#entries.get(uid)?.work
  }

  view(uid: string): CapacityView | undefined {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return undefined
    const view = viewOf({
      evaluator: this.#evaluatorOf(entry),
      lastEvaluationMs: entry.lastEvaluationMs,
      toldOf: (alertKey) => this.#options.sink.toldOf(alertKey),
      usageError: needsUsage(entry.work.spec) ? this.#usage.lastError : undefined,
      waitingFor: this.#waitingFor(entry),
    })
    if (view.report !== undefined && !this.#isStopped) this.#options.metrics.report(entry.work.reference, view.report)
    return view
  }

  apply(work: CapacityWork): void {
    if (this.#isStopped) return
    const known = this.#entries.get(work.reference.uid)
    const isChanged = known?.work.generation !== work.generation
    const isResumed = known?.work.spec.suspend === true && !work.spec.suspend
    if (known === undefined) this.#entries.set(work.reference.uid, this.#newEntry(work))
    else known.work = work
    if (work.spec.suspend) this.#options.sink.setSuspended(work.reference.uid, true)
    this.#options.sink.reroute(work.reference.uid, (alert) => routeOf(work, alert))
    this.#adjustFeeds()
    // Nobody read usage for a policy that rested: what of it still holds shows when that was read.
    if (known !== undefined && isResumed) known.isJudged = false
    if (known?.isJudged === true && isChanged) this.#judgeAnew(known)
    this.#begin()
  }

  /** Closes what is open. Does not wait until everybody was told: a receiver that hangs holds up nobody. */
  remove(uid: string): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return
    entry.intervalTimer?.cancel()
    this.#engine.removePolicy(entry.work.reference, this.#options.clock.nowMs())
    this.#entries.delete(uid)
    this.#options.metrics.forget(entry.work.reference)
    this.#adjustFeeds()
  }

  /** Nothing is judged from here on; what was found goes on its way, and views can still be asked for. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#feed.stop()
    this.#dueTimer?.cancel()
    for (const { intervalTimer, work } of this.#entries.values()) {
      intervalTimer?.cancel()
      this.#options.metrics.forget(work.reference)
    }
    await this.#usage.stop()
  }

  /** From here on policies are judged: the sink knows what is open. */
  lead(): void {
    this.#isLeading = true
    this.#begin()
  }

  /** Another process judges now: what was found here is forgotten, the cluster is still followed. */
  follow(): void {
    this.#isLeading = false
    for (const entry of this.#entries.values()) {
      entry.intervalTimer?.cancel()
      this.#engine.forgetPolicy(entry.work.reference)
      entry.isJudged = false
    }
  }

  /** An open alert of this watcher as it is now; undefined where that cannot be said. */
  describe(alert: Alert): Alert | undefined {
    const entry = this.#entries.get(alert.policy.uid)
    const evaluator = entry && this.#evaluatorOf(entry)
    const finding = evaluator?.describe(alert.rule, subjectOf(alert), this.#options.clock.nowMs())
    if (evaluator === undefined || finding === undefined) return undefined
    const { clusterName } = this.#options
    return alertOf(finding, { ledger: this.#engine.ledger, scope: evaluator.scope, clusterName })
  }

  #newEngine(): CapacityEngine {
    return new CapacityEngine({
      tell: (finding) => this.#tell(finding),
      maxSampleAgeMs,
      onUsageOld: () => this.#viewsChanged(({ spec }) => needsUsage(spec)),
    })
  }

  #newFeed(): CapacityFeed {
    const { cache, clock, watchNamespace } = this.#options
    return new CapacityFeed({
      ...{ cache, engine: this.#engine, clock, watchNamespace },
      onChange: (kind) => this.#onChange(kind),
      onSynced: (kind) => {
        this.#begin()
        if (kind === 'namespaces') this.#namespacesChanged()
      },
    })
  }

  #onUsage(round: UsageRound): void {
    this.#engine.putUsage(round, this.#options.clock.nowMs())
    this.#begin()
    this.#viewsChanged(({ spec }) => needsUsage(spec))
    this.#scheduleDue()
  }

  #newEntry(work: CapacityWork): Entry {
    return { work, isJudged: false, intervalTimer: undefined, lastEvaluationMs: undefined }
  }

  /** Hands to the engine every policy that was waiting for what it needs. */
  #begin(): void {
    for (const entry of this.#entries.values()) {
      if (!entry.isJudged && this.#waitingFor(entry).length === 0) this.#judgeAnew(entry)
    }
  }

  /** What a policy needs and has not been read yet; another policy's needs do not hold it up. */
  #waitingFor({ work: { spec } }: Entry): string[] {
    const kinds = this.#feed.waitingFor.filter((kind) => kind !== 'resourcequotas' || needsQuotas(spec))
    const usage = needsUsage(spec) && !this.#usage.hasRead ? ['usage'] : []
    return [...kinds, ...usage, ...(this.#isLeading ? [] : ['the lease'])]
  }

  /** A policy that is new to the engine takes up what the log has open; a new version what the old one knew. */
  #judgeAnew(entry: Entry): void {
    const { work } = entry
    entry.isJudged = true
    this.#timed('policy', () =>
      this.#engine.setPolicy(
        watchPolicy(optionsOf(work)),
        this.#options.clock.nowMs(),
        this.#options.sink.openAlerts(work.reference.uid),
      ),
    )
    const evaluator = this.#evaluatorOf(entry)
    if (evaluator !== undefined) this.#restate(entry, evaluator)
    this.#options.sink.setSuspended(work.reference.uid, work.spec.suspend)
    this.#evaluated(entry)
  }

  /** What goes on firing takes on what its policy says of it now; a policy that rests measures nothing. */
  #restate({ work }: Entry, { policy, scope, books }: PolicyEvaluator): void {
    const surroundings = { ledger: this.#engine.ledger, scope }
    for (const alert of this.#options.sink.openAlerts(work.reference.uid)) {
      const rule = books.find((book) => book.rule.name === alert.rule && book.rule.scope === alert.object.kind)?.rule
      const next = rule && restate(alert, { policy, rule, subject: subjectOf(alert) }, surroundings)
      if (next === undefined) continue
      const measured = policy.isSuspended ? undefined : this.describe(alert)
      this.#options.sink.put(measured ?? next, routeOf(work, next))
    }
  }

  #evaluate(entry: Entry): void {
    this.#timed('interval', () => this.#engine.evaluate(entry.work.reference, this.#options.clock.nowMs()))
    this.#evaluated(entry)
  }

  #evaluated(entry: Entry): void {
    const { clock, onViewChange } = this.#options
    entry.intervalTimer?.cancel()
    onViewChange(entry.work.reference)
    if (entry.work.spec.suspend) return
    entry.intervalTimer = clock.after(durationMs(entry.work.spec.interval), () => this.#evaluate(entry))
    entry.lastEvaluationMs = clock.nowMs()
    this.#scheduleDue()
  }

  #tell(finding: Finding): void {
    const { reference } = finding.policy
    const { clusterName, metrics, onViewChange } = this.#options
    const entry = this.#entries.get(reference.uid)
    const scope = entry === undefined ? undefined : this.#evaluatorOf(entry)?.scope
    if (entry === undefined || scope === undefined) return
    metrics.found(finding)
    const alert = alertOf(finding, { ledger: this.#engine.ledger, scope, clusterName })
    this.#options.sink.put(alert, routeOf(entry.work, alert))
    onViewChange(reference)
  }

  #onChange(kind: FeedKind): void {
    if (kind === 'namespaces' && this.#feed.hasRead(kind)) this.#namespacesChanged()
    this.#scheduleDue()
  }

  #namespacesChanged(): void {
    for (const listener of this.#namespaceListeners) listener()
  }

  #viewsChanged(isMeant: (work: CapacityWork) => boolean): void {
    for (const { work } of this.#entries.values()) if (isMeant(work)) this.#options.onViewChange(work.reference)
  }

  #timed(cause: 'policy' | 'interval', act: () => void): void {
    const { clock, metrics } = this.#options
    const startMs = clock.monotonicMs()
    act()
    metrics.evaluated(cause, (clock.monotonicMs() - startMs) / 1_000)
  }

  /**
   * One timer for the end of a `for` and for samples that grow old, of all policies. After a change it looks again within a
   * second at most: finding the earliest time at every event of a busy cluster would cost more than judging it.
   */
  #scheduleDue(): void {
    if (this.#isDueSoon) return
    this.#isDueSoon = true
    this.#dueTimer?.cancel()
    this.#dueTimer = this.#options.clock.after(dueGrainMs, () => this.#checkDue())
  }

  #checkDue(): void {
    const { clock } = this.#options
    this.#dueTimer = undefined
    this.#isDueSoon = false
    this.#engine.checkDue(clock.nowMs())
    const nextMs = this.#engine.nextCheckAtMs()
    if (nextMs === undefined) return
    this.#dueTimer = clock.after(Math.min(Math.max(dueGrainMs, nextMs - clock.nowMs()), longestSleepMs), () =>
      this.#checkDue(),
    )
  }

  #evaluatorOf(entry: Entry): PolicyEvaluator | undefined {
    return entry.isJudged ? this.#engine.evaluator(entry.work.reference) : undefined
  }

  /** Nobody asks any more: what is known of the cluster would grow stale unseen. */
  #forgetCluster(): void {
    this.#feed.stop()
    this.#engine = this.#newEngine()
    this.#feed = this.#newFeed()
  }

  #adjustFeeds(): void {
    if (this.#isStopped) return
    const specs = [...this.#entries.values()].map(({ work }) => work.spec)
    if (specs.length > 0) this.#feed.watch({ quotas: specs.some(needsQuotas) })
    else this.#forgetCluster()
    const intervals = specs.filter(needsUsage).map(({ interval }) => durationMs(interval))
    // Samples from before a pause of polling are as good as none.
    if (intervals.length > 0 && !this.#usage.hasRead) this.#engine.putUsage({}, this.#options.clock.nowMs())
    this.#usage.pollEvery(usagePollMs(intervals))
  }
}

/** Each alert by itself: whoever wants fewer messages asks a rule about more, such as a pool. */
function routeOf({ receivers, spec }: CapacityWork, { key }: Alert): AlertRoute {
  const { reminder, suspend } = spec
  const repeat =
    reminder === undefined || suspend ? {} : { repeatMs: durationMs(reminder.every), repeatMax: reminder.max }
  return { receivers, grouping: { key, waitMs: 0, intervalMs: 0, ...repeat } }
}

function optionsOf({ reference, spec, onlyNamespace }: CapacityWork) {
  return onlyNamespace === undefined ? { reference, spec } : { reference, spec, onlyNamespace }
}

function needsUsage({ rules, suspend }: CapacityPolicySpec): boolean {
  return !suspend && rules.some(({ measure }) => measure === 'Utilization')
}

function needsQuotas({ rules }: CapacityPolicySpec): boolean {
  return rules.some(({ measure }) => measure === 'Quota')
}
