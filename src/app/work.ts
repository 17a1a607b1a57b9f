/** What runs in this process: receivers, pipeline, watchers, and the operator that sets them to work. Only a leader judges and tells. */
import { alertReceiver } from '../api/alert-receiver.ts'
import { capacityPolicy } from '../api/capacity-policy.ts'
import { crashAlertRoute } from '../api/crash-alert-route.ts'
import { apiGroup, apiVersion } from '../api/kind.ts'
import { allKinds, policyKinds } from '../api/kinds.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/events.ts'
import { objectKey } from '../kube/resource.ts'
import type { WatchCache } from '../kube/watch-cache.ts'
import type { ReceiverReference } from '../model/alert.ts'
import type { ChannelSurroundings } from '../notify/channels/channels.ts'
import { createOwnConsole, type EventWriter } from '../notify/own-console.ts'
import { Pipeline } from '../notify/pipeline.ts'
import { Receivers } from '../notify/receivers.ts'
import type { Silences } from '../notify/silences.ts'
import { AcceptedVersions } from '../reconcilers/accepted-versions.ts'
import { DogwatchOperator } from '../reconcilers/dogwatch-operator.ts'
import { KnownPolicies } from '../reconcilers/known-policies.ts'
import { createReconcilers } from '../reconcilers/reconcilers.ts'
import type { CrashHistory, ToldRestarts } from '../store/crash-history.ts'
import type { CrashShipper } from '../store/crash-shipper.ts'
import type { NotificationLog } from '../store/notification-log.ts'
import { CapacityWatcher } from '../watchers/capacity/watcher.ts'
import type { CrashWatcher } from '../watchers/crash/watcher.ts'
import { type AlertKeepers, createAlertKeepers } from './alert-keepers.ts'
import { createCrashShipper } from './crash-shipping.ts'
import { createCrashWatcher } from './crash-work.ts'
import type { Work } from './office.ts'
import type { OperatorOptions } from './options.ts'
import { createWorkForPeople, type WorkForPeople } from './work-for-people.ts'
import type { WorkMetrics } from './work-metrics.ts'

export interface WorkOptions {
  readonly options: OperatorOptions
  readonly client: KubeClient
  readonly cache: WatchCache
  readonly events: EventRecorder
  readonly log: NotificationLog
  readonly crashHistory: CrashHistory
  /** What another program told before: a first look does not tell it again. */
  readonly toldRestarts: readonly ToldRestarts[]
  readonly metrics: WorkMetrics
  readonly clock: Clock
  readonly logger: Logger
  readonly channels: ChannelSurroundings
  /** Whether it is up to this process to tell people and to write statuses. */
  readonly mayAct: () => boolean
  /** Another process writes the log: this one must end. */
  readonly onFenced: () => void
}

/** At the end, messages on their way and statuses that are to be written get so long. */
const farewellMs = 1_500

export function startWork(options: WorkOptions): Work & { readonly forPeople: WorkForPeople } {
  const parts = createParts(options)
  const { operator, pipeline, watcher, crashes, shipper, keepers } = parts
  const started = operator.start()
  return {
    started,
    forPeople: createWorkForPeople(options, parts),
    lead: (epoch, signal) => lead(parts, started, { epoch, signal }),
    resume: () => {
      pipeline.recheck()
      for (const kind of allKinds) operator.refreshAll(kind)
    },
    follow: async () => {
      keepers.heartbeats.pause()
      watcher.follow()
      await crashes.follow()
      shipper.follow()
      await pipeline.follow()
    },
    stop: async () => {
      await Promise.all([watcher.stop(), crashes.stop()])
      await sayFarewell(options, [() => pipeline.drained(), () => shipper.drained(), () => operator.flush()])
      await operator.stop()
      shipper.follow()
      await pipeline.follow()
      await keepers.stop()
    },
  }
}

/** Nobody is told anything before every policy has been seen: until then it is not known what is over. */
async function lead(
  { operator, pipeline, watcher, crashes, shipper, policies, accepted, keepers }: Parts,
  started: Promise<void>,
  { epoch, signal }: { readonly epoch: number; readonly signal: AbortSignal },
): Promise<void> {
  await pipeline.lead(epoch, signal)
  shipper.lead()
  if (!pipeline.isStopped) watcher.lead()
  const begin = () => {
    pipeline.closeOrphans((uid) => policies.has(uid))
    accepted.forgetGone((uid) => policies.has(uid))
    accepted.read()
    pipeline.forgetMissingReceivers()
    if (!pipeline.isStopped) crashes.lead()
    pipeline.open()
    keepers.heartbeats.open()
    for (const kind of allKinds) operator.refreshAll(kind)
  }
  started.then(begin).catch(() => undefined)
}

interface Parts {
  readonly receivers: Receivers
  readonly pipeline: Pipeline
  readonly watcher: CapacityWatcher
  readonly crashes: CrashWatcher
  readonly shipper: CrashShipper
  readonly policies: KnownPolicies
  readonly accepted: AcceptedVersions
  readonly keepers: AlertKeepers
  readonly operator: DogwatchOperator
}

/** What parts need of each other that is made after them. */
interface LateParts {
  readonly pipeline?: Pipeline
  readonly watcher?: CapacityWatcher
  readonly crashes?: CrashWatcher
  readonly shipper?: CrashShipper
  readonly operator?: DogwatchOperator
  readonly policies?: KnownPolicies
}

function createParts(options: WorkOptions): Parts {
  const receivers = new Receivers()
  const recordEvent = eventWriter(options)
  const ownConsole = { namespace: options.options.namespace, name: 'operator-console' }
  receivers.set(createOwnConsole(ownConsole, options.channels.writeLine, recordEvent))
  // The pipeline asks the watcher how things stand, the watcher tells the pipeline what it found.
  const late: LateParts = {}
  const refreshPolicies = () => {
    for (const kind of policyKinds) late.operator?.refreshAll(kind)
  }
  const keepers = createAlertKeepers(options, {
    receivers,
    pipeline: () => late.pipeline,
    refresh: (kind, key) => late.operator?.refresh(kind, key),
  })
  const pipeline = createPipeline(options, {
    ...{ receivers, ownConsole },
    isSilenced: (alert) => keepers.silences.isSilenced(alert),
    shipper: () => late.shipper,
    describe: (alert) => (alert.policy.kind === crashAlertRoute.kind ? late.crashes : late.watcher)?.describe(alert),
    refreshPolicies,
    refreshPolicy: (uid) => {
      const place = late.policies?.placeOf(uid)
      if (place !== undefined) late.operator?.refresh(place.kind, place.key)
    },
    judgeAnew: () => {
      late.watcher?.follow()
      late.watcher?.lead()
      if (!pipeline.isOpen) return
      pipeline.closeOrphans((uid) => late.policies?.has(uid) === true)
      late.crashes?.lookAnew()
    },
  })
  const watcher = createWatcher(options, pipeline, (key) => late.operator?.refresh(capacityPolicy, key))
  const shipper = createCrashShipper(options, { pipeline, refreshAll: (kind) => late.operator?.refreshAll(kind) })
  const crashes = createCrashWatcher(options, {
    ...{ pipeline, keepers, records: shipper },
    onViewChange: (key) => late.operator?.refresh(crashAlertRoute, key),
  })
  const policies = new KnownPolicies((uid) => pipeline.policyGone(uid))
  const accepted = new AcceptedVersions(pipeline)
  const made = { receivers, pipeline, watcher, crashes, shipper, policies, accepted, keepers }
  const operator = createOperator(options, { ...made, recordEvent })
  Object.assign(late, { ...made, operator })
  receivers.onChange(refreshPolicies)
  receivers.onUse((receiver) => operator.refresh(alertReceiver, objectKey(receiver)))
  watcher.onNamespacesChange(refreshPolicies)
  return { ...made, operator }
}

/** So that nobody waits for the next process to hear, or to read in a status, what this one found. */
async function sayFarewell({ clock, mayAct }: WorkOptions, steps: readonly (() => Promise<void>)[]): Promise<void> {
  const isLate = new AbortController()
  const timer = clock.after(farewellMs, () => isLate.abort())
  const late = new Promise<void>((resolve) => isLate.signal.addEventListener('abort', () => resolve()))
  for (const step of steps) if (mayAct() && !isLate.signal.aborted) await Promise.race([step(), late])
  timer.cancel()
}

interface PipelineSurroundings {
  readonly receivers: Receivers
  readonly ownConsole: ReceiverReference
  readonly isSilenced: Silences['isSilenced']
  readonly shipper: () => CrashShipper | undefined
  readonly describe: CapacityWatcher['describe']
  readonly refreshPolicy: (uid: string) => void
  readonly refreshPolicies: () => void
  /** Every policy, with what is open as the pipeline knows it. */
  readonly judgeAnew: () => void
}

function createPipeline(options: WorkOptions, surroundings: PipelineSurroundings): Pipeline {
  const { log, clock, logger, metrics, mayAct, onFenced } = options
  const { receivers, ownConsole, isSilenced, shipper, describe, refreshPolicy, refreshPolicies, judgeAnew } =
    surroundings
  return new Pipeline({
    ...{ log, receivers, clock, logger, ownConsole, isSilenced, describe, onFenced },
    clusterName: options.options.clusterName,
    metrics: metrics.pipeline,
    mayTell: mayAct,
    onTold: refreshPolicy,
    onLateStart: judgeAnew,
    unshipped: () => shipper()?.unshipped() ?? [],
    onDegraded: (why) => {
      metrics.pipeline.degraded(why !== undefined)
      if (why === undefined) shipper()?.logIsBack()
      refreshPolicies()
    },
  })
}

function createWatcher(
  { options, cache, client, clock, logger, metrics }: WorkOptions,
  sink: Pipeline,
  onViewChange: (policyKey: string) => void,
): CapacityWatcher {
  const { clusterName, watchNamespace } = options
  return new CapacityWatcher({
    ...{ cache, client, clock, logger, clusterName, watchNamespace, sink },
    metrics: metrics.capacity,
    onViewChange: (policy) => onViewChange(objectKey(policy)),
  })
}

interface OperatorParts extends Omit<Parts, 'operator'> {
  readonly recordEvent: EventWriter
}

function createOperator(options: WorkOptions, parts: OperatorParts): DogwatchOperator {
  const { client, cache, clock, logger, metrics, channels, mayAct } = options
  const { receivers, pipeline, watcher, crashes, shipper, policies, accepted, keepers, recordEvent } = parts
  const { watchNamespace, namespace } = options.options
  const reconcilers = createReconcilers({
    ...{ receivers, pipeline, policies, accepted, channels, recordEvent, clock },
    ...{ checks: keepers.checks, silences: keepers.silences },
    systemNamespace: watchNamespace === undefined ? namespace : undefined,
    retire: (notifier) => keepers.retired.retire(notifier),
    logProblem: () => pipeline.logProblem,
    historyProblem: () => shipper.problem,
    openAlerts: () => pipeline.allOpenAlerts().map(({ alert }) => alert),
    remove: keepers.removeSilence,
    watching: watcher,
    crashes,
    isStopped: () => pipeline.isStopped,
    // Each watcher reads namespaces for as long as it has something to watch.
    namespaceFacts: (name) => watcher.namespaceFacts(name) ?? crashes.namespaceFacts(name),
  })
  return new DogwatchOperator({
    ...{ client, cache, clock, logger, reconcilers, watchNamespace },
    mayWrite: mayAct,
    observe: metrics.reconciled,
  })
}

function eventWriter({ events, mayAct }: WorkOptions): EventWriter {
  return ({ kind, namespace, name, uid }, reason, note) => {
    if (!mayAct()) return
    events.record({
      subject: { apiVersion: `${apiGroup}/${apiVersion}`, kind, namespace, name, uid },
      type: 'Warning',
      action: 'Judge',
      reason,
      note,
    })
  }
}
