/**
 * The silences that there are, and whether one of them is about an alert at this moment. Nothing is remembered of what was
 * silenced: it is asked anew each time, so that an alert that still fires when a silence ends is told then.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Alert } from '../model/alert.ts'
import { matchLabels } from '../model/alert-labels.ts'
import type { Labels } from '../model/label-selector.ts'
import { type LabelMatcher, matchesAll } from '../model/matchers.ts'

export interface SilenceRule {
  readonly matchers: readonly LabelMatcher[]
  /** Set: only alerts about this namespace. */
  readonly onlyNamespace: string | undefined
  readonly startMs: number
  readonly endMs: number
  /** When it is to be looked at again after its end; absent: never. */
  readonly forgetMs?: number
}

export interface SilencesOptions {
  readonly clock: Clock
  /** Other alerts are silenced than before. */
  readonly onChange: () => void
  /** It is time to look at a silence: it began, it ended, or what it silences may be another number. */
  readonly onDue: (key: string) => void
}

/** How often what a silence mutes is counted; and how late a clock that was set is noticed. */
const tickMs = 30_000

type Phase = 'before' | 'during' | 'after' | 'forgettable'

export class Silences {
  readonly #options: SilencesOptions
  readonly #rules = new Map<string, SilenceRule>()
  readonly #phases = new Map<string, Phase>()
  #timer: Timer | undefined
  #isStopped = false

  constructor(options: SilencesOptions) {
    this.#options = options
  }

  set(key: string, rule: SilenceRule): void {
    const isSame = isSameRule(this.#rules.get(key), rule)
    this.#rules.set(key, rule)
    this.#phases.set(key, this.#phaseOf(rule))
    this.#wakeInTime()
    if (!isSame) this.#options.onChange()
  }

  delete(key: string): void {
    this.#phases.delete(key)
    if (!this.#rules.delete(key)) return
    this.#wakeInTime()
    this.#options.onChange()
  }

  isSilenced(alert: Alert): boolean {
    if (this.#rules.size === 0) return false
    const nowMs = this.#options.clock.nowMs()
    const labels = matchLabels(alert)
    for (const rule of this.#rules.values()) if (isDuring(rule, nowMs) && isAbout(rule, labels)) return true
    return false
  }

  /** How many of these alerts one silence mutes now. */
  countMuted(key: string, alerts: Iterable<Alert>): number {
    const rule = this.#rules.get(key)
    if (rule === undefined || !isDuring(rule, this.#options.clock.nowMs())) return 0
    let count = 0
    for (const alert of alerts) if (isAbout(rule, matchLabels(alert))) count += 1
    return count
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #phaseOf({ startMs, endMs, forgetMs = Number.POSITIVE_INFINITY }: SilenceRule): Phase {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs >= forgetMs) return 'forgettable'
    if (nowMs >= endMs) return 'after'
    return nowMs >= startMs ? 'during' : 'before'
  }

  #look(): void {
    let isNews = false
    for (const [key, rule] of this.#rules) {
      const phase = this.#phaseOf(rule)
      const before = this.#phases.get(key)
      this.#phases.set(key, phase)
      isNews ||= phase !== before
      if (phase !== before || phase === 'during') this.#options.onDue(key)
    }
    this.#wakeInTime()
    if (isNews) this.#options.onChange()
  }

  #wakeInTime(): void {
    this.#timer?.cancel()
    const nowMs = this.#options.clock.nowMs()
    const times = [...this.#rules.values()].flatMap(({ startMs, endMs, forgetMs = 0 }) => [startMs, endMs, forgetMs])
    const ahead = times.filter((atMs) => atMs > nowMs)
    if (ahead.length === 0 || this.#isStopped) return
    const waitMs = Math.min(tickMs, Math.min(...ahead) - nowMs)
    this.#timer = this.#options.clock.after(waitMs, () => this.#look())
  }
}

function isDuring({ startMs, endMs }: SilenceRule, nowMs: number): boolean {
  return nowMs >= startMs && nowMs < endMs
}

function isAbout({ matchers, onlyNamespace }: SilenceRule, labels: Labels): boolean {
  if (onlyNamespace !== undefined && labels.namespace !== onlyNamespace) return false
  return matchesAll(matchers, labels)
}

/** The matchers are the same objects where the silence's spec is the same. */
function isSameRule(one: SilenceRule | undefined, other: SilenceRule): boolean {
  return one?.matchers === other.matchers && one.startMs === other.startMs && one.endMs === other.endMs
}
