/** What people can ask of the work in this process. */
import type { Kind } from '../api/kind.ts'
import { policyKinds } from '../api/kinds.ts'
import type { ReceiverReference } from '../model/alert.ts'
import type { Delivery } from '../notify/notifier.ts'
import type { Pipeline } from '../notify/pipeline.ts'
import type { Receivers } from '../notify/receivers.ts'
import { sendTest } from '../notify/send-test.ts'
import type { Acknowledgement, AlertRecord } from '../store/notification-log.ts'
import type { WorkOptions } from './work.ts'

export interface WorkForPeople {
  /** Undefined where another process leads. */
  openAlerts(): readonly AlertRecord[] | undefined
  /** Resolves when it is written down; with undefined where no such alert is open. */
  acknowledge(id: string, acknowledged: Acknowledgement): Promise<AlertRecord | undefined>
  /** Undefined: there is no such receiver, or it cannot be used. */
  testReceiver(reference: ReceiverReference, signal: AbortSignal): Promise<Delivery | undefined>
  readonly isStopped: boolean
  /** Stopped: nothing is judged or told. Resolves when that is written down. */
  setStopped(isStopped: boolean): Promise<void>
}

interface PartsForPeople {
  readonly pipeline: Pipeline
  readonly receivers: Receivers
  readonly watcher: { lead(): void; follow(): void }
  readonly crashes: { lead(): void; follow(): Promise<void> }
  readonly operator: { refreshAll(kind: Kind): void }
}

export function createWorkForPeople({ options, clock }: WorkOptions, parts: PartsForPeople): WorkForPeople {
  const { pipeline, receivers, watcher, crashes, operator } = parts
  return {
    openAlerts: () => (pipeline.isLeading ? pipeline.allOpenAlerts() : undefined),
    acknowledge: async (id, acknowledged) => {
      const record = pipeline.acknowledge(id, acknowledged)
      await pipeline.remembered()
      return record
    },
    testReceiver: async (reference, signal) => {
      const receiver = receivers.get(reference)
      return receiver && sendTest(receiver, { clock, clusterName: options.clusterName, signal })
    },
    get isStopped() {
      return pipeline.isStopped
    },
    setStopped: async (isStopped) => {
      await pipeline.setStopped(isStopped)
      if (isStopped) {
        watcher.follow()
        await crashes.follow()
      } else {
        watcher.lead()
        crashes.lead()
      }
      for (const kind of policyKinds) operator.refreshAll(kind)
    },
  }
}
