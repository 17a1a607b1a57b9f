/** How much of the logs of open alerts is kept in memory: where there are many, the newer ones are cut to their last lines. */
import type { Alert } from '../../model/alert.ts'

const mostBytes = 24 * 1024 * 1024
const leastCharacters = 2_048

export class LogBudget {
  readonly #characters = new Map<string, number>()
  #total = 0

  /** The alert with as much of the end of its log as there is room for. */
  fit(alertKey: string, alert: Alert): Alert {
    this.forget(alertKey)
    const { attachment } = alert
    if (attachment === undefined) return alert
    // A character takes two bytes at most.
    const room = Math.max(leastCharacters, mostBytes / 2 - this.#total)
    const text = attachment.text.length <= room ? attachment.text : lastLines(attachment.text, leastCharacters)
    this.#characters.set(alertKey, text.length)
    this.#total += text.length
    return text === attachment.text ? alert : { ...alert, attachment: { ...attachment, text } }
  }

  /** The alert is over. */
  forget(alertKey: string): void {
    this.#total -= this.#characters.get(alertKey) ?? 0
    this.#characters.delete(alertKey)
  }
}

function lastLines(text: string, characters: number): string {
  const end = text.slice(-characters)
  return end.slice(end.indexOf('\n') + 1)
}
