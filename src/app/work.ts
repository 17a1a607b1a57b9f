/** What runs while this process holds the Lease: receivers, dispatcher, watchers, and the operator that sets them to work. */
import { alertReceiver } from '../api/alert-receiver.ts'
import { capacityPolicy } from '../api/capacity-policy.ts'
import { apiGroup, apiVersion } from '../api/kind.ts'
import { allKinds } from '../api/kinds.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { KubeClient } from '../kube/client.ts'
import type { EventRecorder } from '../kube/events.ts'
import { objectKey } from '../kube/resource.ts'
import type { WatchCache } from '../kube/watch-cache.ts'
import type { Alert, NotificationReason } from '../model/alert.ts'
import type { ChannelSurroundings } from '../notify/channels/channels.ts'
import { createConsoleNotifier } from '../notify/channels/console.ts'
import { Dispatcher } from '../notify/dispatcher.ts'
import { type Receiver, Receivers } from '../notify/receivers.ts'
import { createAlertReceiverReconciler } from '../reconcilers/alert-receiver.ts'
import { createCapacityPolicyReconciler, type EventWriter } from '../reconcilers/capacity-policy/reconciler.ts'
import { DogwatchOperator } from '../reconcilers/dogwatch-operator.ts'
import { CapacityWatcher } from '../watchers/capacity/watcher.ts'
import type { Work } from './office.ts'
import type { OperatorOptions } from './options.ts'
import type { WorkMetrics } from './work-metrics.ts'

export interface WorkOptions {
  readonly options: OperatorOptions
  readonly client: KubeClient
  readonly cache: WatchCache
  readonly events: EventRecorder
  readonly metrics: WorkMetrics
  readonly clock: Clock
  readonly logger: Logger
  readonly channels: ChannelSurroundings
  /** Whether it is up to this process to tell people and to write statuses. */
  readonly mayAct: () => boolean
}

/** At the end, messages on their way and statuses that are to be written get so long. */
const farewellMs = 1_500

export function startWork(options: WorkOptions): Work {
  const receivers = new Receivers()
  const dispatcher = createDispatcher(options, receivers)
  const recordEvent = eventWriter(options)
  const watcher = createWatcher(options, deliverer(dispatcher, options, recordEvent), (key) =>
    operator.refresh(capacityPolicy, key),
  )
  const operator = createOperator(options, { receivers, watcher, recordEvent })
  receivers.onChange(() => operator.refreshAll(capacityPolicy))
  receivers.onUse((receiver) => operator.refresh(alertReceiver, objectKey(receiver)))
  watcher.onNamespacesChange(() => operator.refreshAll(capacityPolicy))
  return {
    started: operator.start(),
    resume: () => {
      watcher.retry()
      for (const kind of allKinds) operator.refreshAll(kind)
    },
    stop: async () => {
      await watcher.stop()
      await sayFarewell(options, [() => watcher.drained(), () => operator.flush()])
      await operator.stop()
      await dispatcher.stop()
    },
  }
}

/** So that the next process finds in the statuses what this one has told. */
async function sayFarewell({ clock, mayAct }: WorkOptions, steps: readonly (() => Promise<void>)[]): Promise<void> {
  const isLate = new AbortController()
  const timer = clock.after(farewellMs, () => isLate.abort())
  const late = new Promise<void>((resolve) => isLate.signal.addEventListener('abort', () => resolve()))
  for (const step of steps) if (mayAct() && !isLate.signal.aborted) await Promise.race([step(), late])
  timer.cancel()
}

type Deliver = (alert: Alert, receivers: readonly Receiver[]) => Promise<boolean>

function createWatcher(
  { options, cache, client, clock, logger, metrics }: WorkOptions,
  deliver: Deliver,
  onViewChange: (policyKey: string) => void,
): CapacityWatcher<Receiver> {
  const { clusterName, watchNamespace } = options
  return new CapacityWatcher<Receiver>({
    ...{ cache, client, clock, logger, clusterName, watchNamespace, deliver },
    metrics: metrics.capacity,
    onViewChange: (policy) => onViewChange(objectKey(policy)),
  })
}

interface Parts {
  readonly receivers: Receivers
  readonly watcher: CapacityWatcher<Receiver>
  readonly recordEvent: EventWriter
}

/** Receivers come first, so that policies find them. */
function createOperator(options: WorkOptions, { receivers, watcher, recordEvent }: Parts): DogwatchOperator {
  const { client, cache, clock, logger, metrics, channels, mayAct } = options
  const { watchNamespace, namespace } = options.options
  const systemNamespace = watchNamespace === undefined ? namespace : undefined
  const reconcilers = [
    createAlertReceiverReconciler({ systemNamespace, receivers, channels, clock }),
    createCapacityPolicyReconciler({
      ...{ systemNamespace, receivers, recordEvent, clock },
      watching: watcher,
      namespaceFacts: (name) => watcher.namespaceFacts(name),
    }),
  ]
  return new DogwatchOperator({
    ...{ client, cache, clock, logger, reconcilers, watchNamespace },
    mayWrite: mayAct,
    observe: metrics.reconciled,
  })
}

function createDispatcher({ clock, logger, metrics, mayAct }: WorkOptions, receivers: Receivers): Dispatcher {
  return new Dispatcher({
    clock,
    logger,
    mayTell: mayAct,
    observe: (receiver, result) => {
      metrics.delivered(result)
      if (result === 'sent') receivers.delivered(receiver, clock.nowMs())
    },
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

/** A policy without receivers speaks through the operator's console, and through an Event on the policy. */
function deliverer(
  dispatcher: Dispatcher,
  { options, channels, mayAct }: WorkOptions,
  recordEvent: EventWriter,
): Deliver {
  const notifier = createConsoleNotifier(channels.writeLine)
  const ownConsole = { namespace: options.namespace, name: 'operator-console', notifier }
  return async (alert, receivers) => {
    if (!mayAct()) return false
    if (receivers.length > 0) return dispatcher.deliver(alert, receivers)
    recordEvent(alert.policy, eventReasons[alert.reason], alert.title)
    return dispatcher.deliver(alert, [ownConsole])
  }
}

const eventReasons: Readonly<Record<NotificationReason, string>> = {
  first: 'CapacityAlert',
  reminder: 'CapacityAlert',
  resolved: 'CapacityResolved',
  closed: 'CapacityClosed',
}
