import type { Delivery, Notifier } from '../notifier.ts'
import { renderText } from '../render-text.ts'

/** Where lines go: standard output in the operator. */
export type LineWriter = (line: string) => void

/** Prints each message as text. Logs go to standard error, so the two can be told apart. */
export function createConsoleNotifier(writeLine: LineWriter): Notifier {
  return {
    rate: { burst: 1_000, intervalMs: 1 },
    notify: async (message): Promise<Delivery> => {
      writeLine(renderText(message))
      return { sent: true }
    },
  }
}
