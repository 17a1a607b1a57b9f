/**
 * The capacity watcher: policies in, alerts out. A thin shell: it feeds the engine, keeps one timer per policy for its
 * interval and one for whatever else can change by the passing of time alone, and hands findings on as alerts.
 *
 * A policy begins to be judged when everything it needs has been seen once, so that nothing is told of half a cluster.
 */
import type { CapacityAlert, CapacityPolicySpec } from '../../api/capacity-policy.ts'
import { durationMs } from '../../api/duration.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { WatchCache } from '../../kube/watch-cache.ts'
import type { Alert, PolicyReference } from '../../model/alert.ts'
import { alertOf } from './alert.ts'
import { CapacityEngine, type UsageRound } from './capacity-engine.ts'
import type { CapacityMetrics } from './capacity-metrics.ts'
import { CapacityFeed, type FeedKind } from './feed.ts'
import type { Finding } from './finding.ts'
import { maxSampleAgeMs, type NamespaceFacts } from './node-facts.ts'
import { Outbox } from './outbox.ts'
import type { PolicyEvaluator } from './policy-evaluator.ts'
import { UsagePoller } from './usage-poller.ts'
import { type CapacityView, viewOf } from './view.ts'
import { watchPolicy } from './watched-policy.ts'

/** One accepted policy. `Destination` is whatever `deliver` understands as a receiver. */
export interface CapacityWork<Destination> {
  readonly reference: PolicyReference
  readonly generation: number
  readonly spec: CapacityPolicySpec
  /** Set: the policy sees this namespace alone, whatever its spec says. */
  readonly onlyNamespace: string | undefined
  readonly receivers: readonly Destination[]
  /** Taken over when the policy is new here: what was told before a restart is not told again. */
  readonly openAlerts: readonly CapacityAlert[]
}

export interface CapacityWatcherOptions<Destination> {
  readonly cache: WatchCache
  readonly client: KubeClient
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: CapacityMetrics
  readonly clusterName: string | undefined
  /** Set: only this namespace can be read. */
  readonly watchNamespace: string | undefined
  /** Resolves with whether anybody took the alert. An empty list of receivers means the operator's own console. */
  readonly deliver: (alert: Alert, receivers: readonly Destination[]) => Promise<boolean>
  /** What `view` gives may have changed. */
  readonly onViewChange: (policy: PolicyReference) => void
}

interface Entry<Destination> {
  work: CapacityWork<Destination>
  /** Whether the engine has it. */
  isJudged: boolean
  readonly outbox: Outbox
  intervalTimer: Timer | undefined
  lastEvaluationMs: number | undefined
}

const dueGrainMs = 1_000
/** Timers count in 32 bits of milliseconds. */
const longestSleepMs = 24 * 60 * 60_000

export class CapacityWatcher<Destination> {
  readonly #options: CapacityWatcherOptions<Destination>
  #engine: CapacityEngine
  #feed: CapacityFeed
  readonly #usage: UsagePoller
  readonly #entries = new Map<string, Entry<Destination>>()
  readonly #namespaceListeners: (() => void)[] = []
  #dueTimer: Timer | undefined
  #isStopped = false

  constructor(options: CapacityWatcherOptions<Destination>) {
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
  workOf(uid: string): Pick<CapacityWork<Destination>, 'generation' | 'spec'> | undefined {
    return this.#entries.get(uid)?.work
  }

  view(uid: string): CapacityView | undefined {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return undefined
    const view = viewOf({
      evaluator: this.#evaluatorOf(entry),
      lastEvaluationMs: entry.lastEvaluationMs,
      isTold: (alertKey) => entry.outbox.isTold(alertKey),
      usageError: needsUsage(entry.work.spec) ? this.#usage.lastError : undefined,
      waitingFor: this.#waitingFor(entry),
    })
    if (view.report !== undefined && !this.#isStopped) this.#options.metrics.report(entry.work.reference, view.report)
    return view
  }

  apply(work: CapacityWork<Destination>): void {
    if (this.#isStopped) return
    const known = this.#entries.get(work.reference.uid)
    const isChanged = known?.work.generation !== work.generation
    if (known === undefined) this.#entries.set(work.reference.uid, this.#newEntry(work))
    else known.work = work
    this.#adjustFeeds()
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

  /** Offers again, at once, what nobody took. */
  retry(): void {
    for (const { outbox, work } of this.#entries.values()) if (!work.spec.suspend) outbox.retry()
  }

  /** Resolves when nothing is on its way to people. */
  async drained(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ outbox }) => outbox.drained()))
  }

  #newEngine(): CapacityEngine {
    return new CapacityEngine({ tell: (finding) => this.#tell(finding), maxSampleAgeMs })
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

  #newEntry(work: CapacityWork<Destination>): Entry<Destination> {
    const { deliver, onViewChange, logger } = this.#options
    const entry: Entry<Destination> = {
      work,
      isJudged: false,
      intervalTimer: undefined,
      lastEvaluationMs: undefined,
      outbox: new Outbox({
        deliver: (alert) => deliver(alert, entry.work.receivers),
        onDelivered: () => onViewChange(entry.work.reference),
        logger,
      }),
    }
    return entry
  }

  /** Hands to the engine every policy that was waiting for what it needs. */
  #begin(): void {
    for (const entry of this.#entries.values()) {
      if (!entry.isJudged && this.#waitingFor(entry).length === 0) this.#judgeAnew(entry)
    }
  }

  /** What a policy needs and has not been read yet; another policy's needs do not hold it up. */
  #waitingFor({ work: { spec } }: Entry<Destination>): string[] {
    const kinds = this.#feed.waitingFor.filter((kind) => kind !== 'resourcequotas' || needsQuotas(spec))
    return needsUsage(spec) && !this.#usage.hasRead ? [...kinds, 'usage'] : kinds
  }

  /** A policy that is new to the engine takes up what its status shows; a new version what the old one knew. */
  #judgeAnew(entry: Entry<Destination>): void {
    const { work } = entry
    entry.isJudged = true
    this.#timed('policy', () =>
      this.#engine.setPolicy(watchPolicy(optionsOf(work)), this.#options.clock.nowMs(), work.openAlerts),
    )
    this.#evaluated(entry)
  }

  #evaluate(entry: Entry<Destination>): void {
    this.#timed('interval', () => this.#engine.evaluate(entry.work.reference, this.#options.clock.nowMs()))
    this.#evaluated(entry)
  }

  #evaluated(entry: Entry<Destination>): void {
    const { clock, onViewChange } = this.#options
    entry.intervalTimer?.cancel()
    onViewChange(entry.work.reference)
    if (entry.work.spec.suspend) return
    entry.intervalTimer = clock.after(durationMs(entry.work.spec.interval), () => this.#evaluate(entry))
    entry.lastEvaluationMs = clock.nowMs()
    entry.outbox.retry()
    this.#scheduleDue()
  }

  #tell(finding: Finding): void {
    const { reference } = finding.policy
    const { clusterName, metrics, onViewChange } = this.#options
    const entry = this.#entries.get(reference.uid)
    const scope = entry === undefined ? undefined : this.#evaluatorOf(entry)?.scope
    if (entry === undefined || scope === undefined) return
    metrics.found(finding)
    entry.outbox.put(alertOf(finding, { ledger: this.#engine.ledger, scope, clusterName }))
    onViewChange(reference)
  }

  #onChange(kind: FeedKind): void {
    if (kind === 'namespaces' && this.#feed.hasRead(kind)) this.#namespacesChanged()
    this.#scheduleDue()
  }

  #namespacesChanged(): void {
    for (const listener of this.#namespaceListeners) listener()
  }

  #viewsChanged(isMeant: (work: CapacityWork<Destination>) => boolean): void {
    for (const { work } of this.#entries.values()) if (isMeant(work)) this.#options.onViewChange(work.reference)
  }

  #timed(cause: 'policy' | 'interval', act: () => void): void {
    const { clock, metrics } = this.#options
    const startMs = clock.monotonicMs()
    act()
    metrics.evaluated(cause, (clock.monotonicMs() - startMs) / 1_000)
  }

  /**
   * One timer for the end of a `for` and for reminders, of all policies. After a change it looks again within a second
   * at most: finding the earliest time at every event of a busy cluster would cost more than judging it.
   */
  #scheduleDue(): void {
    this.#dueTimer ??= this.#options.clock.after(dueGrainMs, () => this.#checkDue())
  }

  #checkDue(): void {
    const { clock } = this.#options
    this.#dueTimer = undefined
    this.#engine.checkDue(clock.nowMs())
    const nextMs = this.#engine.nextCheckAtMs()
    if (nextMs === undefined) return
    this.#dueTimer = clock.after(Math.min(Math.max(dueGrainMs, nextMs - clock.nowMs()), longestSleepMs), () =>
      this.#checkDue(),
    )
  }

  #evaluatorOf(entry: Entry<Destination>): PolicyEvaluator | undefined {
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
    this.#usage.pollEvery(intervals.length === 0 ? undefined : Math.min(...intervals))
  }
}

function optionsOf<Destination>({ reference, spec, onlyNamespace }: CapacityWork<Destination>) {
  return onlyNamespace === undefined ? { reference, spec } : { reference, spec, onlyNamespace }
}

function needsUsage({ rules, suspend }: CapacityPolicySpec): boolean {
  return !suspend && rules.some(({ measure }) => measure === 'Utilization')
}

function needsQuotas({ rules }: CapacityPolicySpec): boolean {
  return rules.some(({ measure }) => measure === 'Quota')
}
