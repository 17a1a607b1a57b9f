/** What of the demo's story went by on the operator's console. */
export class Seen {
  readonly #lastWords: string
  readonly #warnings = new Set<string>()
  readonly #recoveries = new Set<string>()
  #hasCrashLog = false

  /** `lastWords`: what the workload that crashes writes last. */
  constructor(lastWords: string) {
    this.#lastWords = lastWords
  }

  /** A line of the console: `12:00:00  WARNING  Node node-07: cpu requests 93.1% ...` is about `Node node-07`. */
  note(line: string): void {
    if (line === `    | ${this.#lastWords}`) this.#hasCrashLog = true
    const match = /^\S+\s{2}(?<word>[A-Z ]+?)\s{2}(?:\[[^\]]*\] )?(?<about>.*)$/.exec(line)
    if (match?.groups === undefined) return
    const { word = '', about = '' } = match.groups
    const subject = about.split(':')[0] ?? about
    if (word === 'RESOLVED') this.#recoveries.add(subject)
    else if (word !== 'CLOSED') this.#warnings.add(subject)
  }

  hasWarned(subject: string): boolean {
    return this.#warnings.has(subject)
  }

  hasRecovered(subject: string): boolean {
    return this.#recoveries.has(subject)
  }

  /** Each of them was warned of and recovered, and the end of a log was told. */
  isWhole(subjects: readonly string[]): boolean {
    return this.#hasCrashLog && subjects.every((one) => this.hasWarned(one) && this.hasRecovered(one))
  }
}
