import type { Alert } from '../../model/alert.ts'
import type { Delivery, Notifier } from '../notifier.ts'
import { renderText } from '../render-text.ts'

/** Where lines go: standard output in the operator. */
export type LineWriter = (line: string) => void

/** Prints each alert as text. Logs go to standard error, so the two can be told apart. */
export function createConsoleNotifier(writeLine: LineWriter): Notifier {
  return {
    notify: async (alert: Alert): Promise<Delivery> => {
      writeLine(renderText(alert))
      return { sent: true }
    },
  }
}
