/** What goes along with the pipeline: checks of receivers, signs of life, silences, and the senders that are needed no more. */
import { alertReceiver } from '../api/alert-receiver.ts'
import type { Kind } from '../api/kind.ts'
import { type Silence, silence } from '../api/silence.ts'
import { hasCode } from '../base/errors.ts'
import { objectKey } from '../kube/resource.ts'
import { deleteObject } from '../kube/writer.ts'
import { Heartbeats } from '../notify/heartbeats.ts'
import type { Pipeline } from '../notify/pipeline.ts'
import { ReceiverChecks } from '../notify/receiver-checks.ts'
import type { Receivers } from '../notify/receivers.ts'
import { RetiredNotifiers } from '../notify/retired-notifiers.ts'
import { Silences } from '../notify/silences.ts'
import type { WorkOptions } from './work.ts'

export interface AlertKeepers {
  readonly checks: ReceiverChecks
  readonly heartbeats: Heartbeats
  readonly silences: Silences
  readonly retired: RetiredNotifiers
  /** Deletes a silence that is over, if it is up to this process. */
  readonly removeSilence: (object: Silence, signal: AbortSignal) => Promise<void>
  stop(): Promise<void>
}

export interface KeeperSurroundings {
  readonly receivers: Receivers
  readonly pipeline: () => Pick<Pipeline, 'recheck' | 'retryReceiver' | 'isStopped'> | undefined
  /** Has an object looked at again soon. */
  readonly refresh: (kind: Kind, key: string) => void
}

export function createAlertKeepers(options: WorkOptions, surroundings: KeeperSurroundings): AlertKeepers {
  const { client, clock, logger, mayAct, metrics } = options
  const { receivers, pipeline, refresh } = surroundings
  const checks = new ReceiverChecks({
    ...{ clock, mayCheck: mayAct },
    onChange: (receiver) => refresh(alertReceiver, objectKey(receiver)),
    onMended: (receiver) => pipeline()?.retryReceiver(receiver),
  })
  receivers.onUse((receiver) => {
    if (receivers.lastFailure(receiver) === 'auth') checks.refused(receiver)
  })
  const heartbeats = new Heartbeats({
    ...{ receivers, clock, logger, clusterName: options.options.clusterName },
    mayTell: () => mayAct() && pipeline()?.isStopped === false,
    observe: (receiver, delivery) => {
      metrics.pipeline.delivered(receiver.channel, delivery.sent ? 'sent' : delivery.reason)
      receivers.delivered(receiver, clock.nowMs(), delivery.sent ? undefined : delivery.reason)
    },
  })
  const silences = new Silences({
    clock,
    onChange: () => pipeline()?.recheck(),
    onDue: (key) => refresh(silence, key),
  })
  const retired = new RetiredNotifiers(clock, logger)
  return {
    ...{ checks, heartbeats, silences, retired },
    removeSilence: async (object, signal) => {
      if (mayAct()) await removeSilence(client, object, signal)
    },
    stop: async () => {
      silences.stop()
      await Promise.all([checks.stop(), heartbeats.stop()])
      for (const { notifier } of receivers.all()) retired.retire(notifier)
      await retired.stop()
    },
  }
}

async function removeSilence(client: WorkOptions['client'], { metadata }: Silence, signal: AbortSignal): Promise<void> {
  const { group, version, plural } = silence
  const at = { type: { group, version, resource: plural }, namespace: metadata.namespace, name: metadata.name }
  try {
    await deleteObject(client, at, { ifUid: metadata.uid }, signal)
  } catch (error) {
    // Somebody was faster, or made another one of the same name.
    if (!hasCode(error, 'API_NOT_FOUND', 'API_CONFLICT')) throw error
  }
}
