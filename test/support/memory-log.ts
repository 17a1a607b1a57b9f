/** A notification log that a test can read, break and hand to another process; for faults and orders that no database shows on demand. */
import { OperatorError } from '../../src/base/errors.ts'
import type {
  AlertRecord,
  DeliveryRecord,
  LogEntry,
  LogState,
  NotificationLog,
  OutboxEntry,
  OutboxQuery,
  ThreadRecord,
} from '../../src/store/notification-log.ts'
import { unknownEnds } from '../../src/store/unknown-ends.ts'

export class MemoryLog implements NotificationLog {
  readonly records = new Map<string, AlertRecord>()
  readonly threads = new Map<string, ThreadRecord>()
  readonly sent = new Map<string, DeliveryRecord>()
  readonly settings = new Map<string, string>()
  readonly outgoing = new Map<string, string>()
  epoch = -1
  /** What every call fails with, while it is set. */
  failure: Error | undefined
  writes = 0

  async takeOver(epoch: number): Promise<LogState> {
    if (this.failure !== undefined) throw this.failure
    this.#check(epoch)
    this.epoch = epoch
    const alerts = [...this.records.values()].filter(({ endedMs }) => endedMs === undefined)
    const threads = [...this.threads.values()]
    const unfinished = [...this.sent.values()].filter(({ state }) => state === 'intended')
    return structuredClone({
      ...{ alerts, threads, unfinished, owed: this.#owed(unknownEnds({ threads, unfinished }, alerts)) },
      settings: Object.fromEntries(this.settings),
    })
  }

  async write(entries: readonly LogEntry[], epoch: number): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    this.#check(epoch)
    this.writes += 1
    for (const entry of structuredClone(entries)) this.#apply(entry)
  }

  async alerts(): Promise<readonly AlertRecord[]> {
    return [...this.records.values()]
  }

  async alert(id: string): Promise<AlertRecord | undefined> {
    return this.records.get(id)
  }

  async deliveries(alertId: string): Promise<readonly DeliveryRecord[]> {
    return [...this.sent.values()].filter(({ alertIds }) => alertIds.includes(alertId))
  }

  async outbox({ afterId = '', limit }: OutboxQuery): Promise<readonly OutboxEntry[]> {
    if (this.failure !== undefined) throw this.failure
    const ids = [...this.outgoing.keys()].filter((id) => id > afterId).sort()
    return ids.slice(0, limit).map((id) => ({ id, value: this.outgoing.get(id) ?? '' }))
  }

  async outboxBytes(): Promise<number> {
    return [...this.outgoing.values()].reduce((sum, value) => sum + Buffer.byteLength(value), 0)
  }

  async prune(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  #owed(keys: readonly string[]): AlertRecord[] {
    const last = new Map([...this.records.values()].map((record) => [record.alert.key, record]))
    return keys.flatMap((key) => last.get(key) ?? [])
  }

  #check(epoch: number): void {
    if (epoch < this.epoch) throw new OperatorError('STORE_FENCED', `epoch ${this.epoch} has taken over`)
  }

  #apply(entry: LogEntry): void {
    if (entry.type === 'alert') this.records.set(entry.record.id, entry.record)
    else if (entry.type === 'thread') this.threads.set(entry.record.key, entry.record)
    else if (entry.type === 'threadEnd') this.threads.delete(entry.key)
    else if (entry.type === 'delivery') this.sent.set(entry.record.id, entry.record)
    else if (entry.type === 'outbox') this.outgoing.set(entry.id, entry.value)
    else if (entry.type === 'outboxEnd') this.outgoing.delete(entry.id)
    else if (entry.value === undefined) this.settings.delete(entry.name)
    else this.settings.set(entry.name, entry.value)
  }
}
