/** How much went out, by which way and with what result. */
import type { ChannelKind } from '../api/channels.ts'
import { channelKinds } from '../api/channels.ts'
import type { Metrics } from '../base/metrics.ts'
import { type DeliveryFailure, deliveryFailures } from './notifier.ts'

export interface PipelineMetrics {
  delivered(channel: ChannelKind, result: 'sent' | DeliveryFailure): void
  dropped(): void
  degraded(isDegraded: boolean): void
}

export function createPipelineMetrics(metrics: Metrics): PipelineMetrics {
  const deliveries = metrics.counter({
    name: 'dogwatch_deliveries_total',
    help: 'Tries to deliver a message, by channel and result.',
    labels: { channel: channelKinds, result: ['sent', ...deliveryFailures] },
  })
  const dropped = metrics.counter({
    name: 'dogwatch_dropped_alerts_total',
    help: 'Alerts that there was no room for.',
  })
  const degraded = metrics.gauge({
    name: 'dogwatch_notification_log_degraded',
    help: '1 while the notification log cannot be written.',
  })
  return {
    delivered: (channel, result) => deliveries.add({ channel, result }),
    dropped: () => dropped.add(),
    degraded: (isDegraded) => degraded.set({}, isDegraded ? 1 : 0),
  }
}
