/** A pipeline on a clock that the test moves, with receivers that note what they get. */
import { silentLogger } from '../../src/base/log.ts'
import { noMetrics } from '../../src/base/metrics.ts'
import type { Alert, AlertRoute, Grouping, ReceiverUse } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import type { Delivery, DeliveryContext, Notifier, Rate } from '../../src/notify/notifier.ts'
import { Pipeline } from '../../src/notify/pipeline.ts'
import { createPipelineMetrics } from '../../src/notify/pipeline-metrics.ts'
import { atAnyHour, type Receiver, Receivers } from '../../src/notify/receivers.ts'
import type { OutboxEntry } from '../../src/store/notification-log.ts'
import { MemoryLog } from './memory-log.ts'
import { anAlert } from './messages.ts'
import { settle, VirtualClock } from './virtual-clock.ts'

const ownConsole = { namespace: 'ops', name: 'operator-console' }

/** Notes messages; answers what `answer` says. */
export class Recorder implements Notifier {
  readonly messages: Message[] = []
  readonly contexts: DeliveryContext[] = []
  rate = { burst: 1_000, intervalMs: 0 }
  totalRate?: Rate
  refreshMs?: number
  mostAlerts?: number
  answer: (message: Message, context: DeliveryContext) => Promise<Delivery> | Delivery = () => ({ sent: true })

  async notify(message: Message, context: DeliveryContext): Promise<Delivery> {
    this.messages.push(message)
    this.contexts.push(context)
    return this.answer(message, context)
  }

  /** Takes what came since the last call, as `reason firing/ended`. */
  news(): string[] {
    return this.messages.splice(0).map(({ reason, firing, ended }) => {
      const names = (alerts: readonly Alert[]) => alerts.map(({ object }) => object.name).join(',')
      return [reason, names(firing), ended.length === 0 ? '' : `-${names(ended)}`].filter(Boolean).join(' ')
    })
  }
}

export interface WorldOptions {
  readonly log?: MemoryLog
  readonly clock?: VirtualClock
}

export class PipelineWorld {
  readonly clock: VirtualClock
  readonly log: MemoryLog
  readonly receivers = new Receivers()
  readonly recorders = new Map<string, Recorder>()
  readonly silenced = new Set<string>()
  readonly degraded: (string | undefined)[] = []
  readonly told: string[] = []
  unshipped: OutboxEntry[] = []
  isFenced = false
  lateStarts = 0
  mayTell = true
  describe: (alert: Alert) => Alert | undefined = (alert) => alert
  readonly pipeline: Pipeline

  constructor({ log = new MemoryLog(), clock = new VirtualClock() }: WorldOptions = {}) {
    this.log = log
    this.clock = clock
    this.pipeline = new Pipeline({
      ...{ log, clock, ownConsole, receivers: this.receivers, logger: silentLogger, clusterName: 'blue' },
      metrics: createPipelineMetrics(noMetrics),
      mayTell: () => this.mayTell,
      isSilenced: ({ object }) => this.silenced.has(object.name),
      describe: (alert) => this.describe(alert),
      unshipped: () => this.unshipped,
      onTold: (uid) => this.told.push(uid),
      onLateStart: () => {
        this.lateStarts += 1
      },
      onDegraded: (why) => this.degraded.push(why),
      onFenced: () => {
        this.isFenced = true
      },
    })
    this.receiver('operator-console')
  }

  /** A receiver of namespace ops that notes what it gets. */
  receiver(name: string, more: Partial<Receiver> = {}): Recorder {
    const recorder = this.recorders.get(name) ?? new Recorder()
    this.recorders.set(name, recorder)
    const shape = { namespace: 'ops', name, version: `${this.clock.nowMs()}`, channel: 'console' } as const
    this.receivers.set({ ...shape, notifier: recorder, hours: atAnyHour, isSharedWith: () => true, ...more })
    return recorder
  }

  async lead(epoch = 1): Promise<void> {
    await this.pipeline.lead(epoch)
    this.pipeline.open()
    await settle()
  }

  /** `name` fires; all of one `group` are one incident. */
  async fire(name: string, options: AlertOptions = {}): Promise<Alert> {
    const alert = alertNamed(name, options)
    this.pipeline.put(alert, routeOf(name, options))
    await settle()
    return alert
  }

  async end(name: string, options: AlertOptions = {}): Promise<void> {
    await this.fire(name, { state: 'resolved', ...options })
  }

  async pass(durationMs: number): Promise<void> {
    await this.clock.advance(durationMs)
  }
}

export interface AlertOptions
  extends Partial<Pick<Alert, 'state' | 'severity' | 'labels' | 'object' | 'policy' | 'stage'>> {
  readonly group?: string
  readonly to?: readonly (string | ReceiverUse)[]
  readonly grouping?: Partial<Grouping>
}

export function alertNamed(
  name: string,
  { group: _group, to: _to, grouping: _grouping, ...more }: AlertOptions,
): Alert {
  return anAlert({ key: `key-${name}`, object: { kind: 'Node', name }, title: `${name} is full`, ...more })
}

export function routeOf(name: string, { group = name, to = ['a'], grouping = {} }: AlertOptions): AlertRoute {
  const receivers = to.map((use) => (typeof use === 'string' ? { namespace: 'ops', name: use } : use))
  return { receivers, grouping: { key: group, waitMs: 0, intervalMs: 0, ...grouping } }
}
