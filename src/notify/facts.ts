/** Small facts that watchers want to know after a restart, by name: settings of the notification log. */
import type { LogEntry } from '../store/notification-log.ts'
import type { LogWriter } from './log-writer.ts'

export class Facts {
  readonly #writer: Pick<LogWriter, 'append'>
  readonly #values = new Map<string, string>()

  constructor(writer: Pick<LogWriter, 'append'>) {
    this.#writer = writer
  }

  /** What the log knows; what was found out since counts more. */
  takeUp(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) if (!this.#values.has(name)) this.#values.set(name, value)
  }

  set(name: string, value: string | undefined): void {
    if (this.#values.get(name) === value) return
    if (value === undefined) this.#values.delete(name)
    else this.#values.set(name, value)
    this.#writer.append([settingOf(name, value)])
  }

  named(prefix: string): ReadonlyMap<string, string> {
    return new Map([...this.#values].filter(([name]) => name.startsWith(prefix)))
  }

  presentState(): LogEntry[] {
    return [...this.#values].map(([name, value]) => settingOf(name, value))
  }
}

/** Undefined forgets it. */
export function settingOf(name: string, value: string | undefined): LogEntry {
  return { type: 'setting', name, ...(value === undefined ? {} : { value }) }
}
