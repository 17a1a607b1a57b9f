/** What a route's book leaves to the next process: its open incidents, and whose baselines are told. */
import { createHash } from 'node:crypto'
import type { FactStore } from './crash-memory.ts'
import { parseIncident, parseLines } from './memory-text.ts'
import { incidentText, type RememberedIncident } from './remembered-incident.ts'

export class BookMemory {
  readonly #facts: FactStore
  readonly #baselineName: string
  readonly #prefix: string

  constructor(facts: FactStore, routeUid: string) {
    this.#facts = facts
    this.#baselineName = `crash/baseline/${routeUid}`
    this.#prefix = `crash/incident/${routeUid}/`
  }

  /** Those that can be read. */
  incidents(): RememberedIncident[] {
    return [...this.#facts.recall(this.#prefix).values()].flatMap((text) => parseIncident(text) ?? [])
  }

  keep(key: string, incident: RememberedIncident): void {
    this.#facts.remember(this.#factName(key), incidentText(incident))
  }

  forget(key: string): void {
    this.#facts.remember(this.#factName(key), undefined)
  }

  /** Lines whose baseline is told and not over; undefined: the route has never looked. */
  baselines(): readonly string[] | undefined {
    const text = this.#facts.recall(this.#baselineName).get(this.#baselineName)
    return text === undefined ? undefined : parseLines(text)
  }

  keepBaselines(lines: readonly string[] | undefined): void {
    this.#facts.remember(this.#baselineName, lines && JSON.stringify(lines))
  }

  /** Short, whatever names the cluster has. */
  #factName(key: string): string {
    return `${this.#prefix}${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
  }
}
