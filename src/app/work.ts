/** What runs while this process holds the Lease: receivers, dispatcher, watchers, and the operator that sets them to work. */
import { alertReceiver } from '../api/alert-receiver.ts'
import { capacityPolicy } from '../api/capacity-policy.ts'
import { apiGroup, apiVersion } from '../api/kind.ts'
import type { Clock } from '../base/clock.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
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
import { createCapacityPolicyReconciler, type EventWriter } from '../reconcilers/capacity-policy.ts'
import { DogwatchOperator } from '../reconcilers/dogwatch-operator.ts'
import { CapacityWatcher } from '../watchers/capacity/watcher.ts'
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
  /** Everything started here is released through it. */
  readonly lifecycle: Lifecycle
}

/** Resolves when every kind has been seen once and is being reconciled. */
export async function startWork(options: WorkOptions): Promise<void> {
  const { cache, client, clock, logger, metrics, lifecycle } = options
  const receivers = new Receivers()
  const dispatcher = createDispatcher(options, receivers)
  lifecycle.onStop('dispatcher', () => dispatcher.stop())
  const recordEvent = eventWriter(options)

  const { clusterName, watchNamespace } = options.options
  const watcher = new CapacityWatcher<Receiver>({
    ...{ cache, client, clock, logger, clusterName, watchNamespace },
    metrics: options.metrics.capacity,
    deliver: deliverer(dispatcher, options, recordEvent),
    onViewChange: ({ namespace, name }) => operator.refresh(capacityPolicy, objectKey({ namespace, name })),
  })
  lifecycle.onStop('capacity watcher', () => watcher.stop())

  const systemNamespace = watchNamespace === undefined ? options.options.namespace : undefined
  const reconcilers = [
    createAlertReceiverReconciler({ systemNamespace, receivers, channels: options.channels, clock }),
    createCapacityPolicyReconciler({
      ...{ systemNamespace, receivers, recordEvent, clock },
      watching: watcher,
      namespaceFacts: (name) => watcher.namespaceFacts(name),
    }),
  ]
  const operator = new DogwatchOperator({
    client,
    cache,
    clock,
    logger,
    observe: metrics.reconciled,
    reconcilers,
    watchNamespace,
  })
  lifecycle.onStop('operator', () => operator.stop())
  receivers.onChange(() => operator.refreshAll(capacityPolicy))
  receivers.onUse((receiver) => operator.refresh(alertReceiver, objectKey(receiver)))
  watcher.onNamespacesChange(() => operator.refreshAll(capacityPolicy))
  await operator.start()
}

function createDispatcher({ clock, logger, metrics }: WorkOptions, receivers: Receivers): Dispatcher {
  return new Dispatcher({
    clock,
    logger,
    observe: (receiver, result) => {
      metrics.delivered(result)
      if (result === 'sent') receivers.delivered(receiver, clock.nowMs())
    },
  })
}

function eventWriter({ events }: WorkOptions): EventWriter {
  return ({ kind, namespace, name, uid }, reason, note) =>
    events.record({
      subject: { apiVersion: `${apiGroup}/${apiVersion}`, kind, namespace, name, uid },
      type: 'Warning',
      action: 'Judge',
      reason,
      note,
    })
}

/** A policy without receivers speaks through the operator's console, and through an Event on the policy. */
function deliverer(dispatcher: Dispatcher, { options, channels }: WorkOptions, recordEvent: EventWriter) {
  const notifier = createConsoleNotifier(channels.writeLine)
  const ownConsole = { namespace: options.namespace, name: 'operator-console', notifier }
  return (alert: Alert, receivers: readonly Receiver[]): Promise<boolean> => {
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
