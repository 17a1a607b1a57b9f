import type { Message } from '../../model/message.ts'
import { lastLines } from '../cut.ts'
import { layoutOf } from '../layout.ts'
import type { Delivery, Notifier } from '../notifier.ts'
import { renderText } from '../render-text.ts'

/** Where lines go: standard output in the operator. */
export type LineWriter = (line: string) => void

/** What a reader takes in at a glance; the history has the rest. */
const oneLog = { lines: 20, length: 4_000 }
const manyLogs = { lines: 5, length: 700 }

/** Prints each message as text. Logs go to standard error, so the two can be told apart. */
export function createConsoleNotifier(writeLine: LineWriter): Notifier {
  return {
    rate: { burst: 1_000, intervalMs: 1 },
    notify: async (message): Promise<Delivery> => {
      writeLine([renderText(message), ...logLines(message)].join('\n'))
      return { sent: true }
    },
  }
}

/** Indented below the facts, so that nothing in a log looks like a message. */
function logLines(message: Message): string[] {
  const { sections, text } = layoutOf(message)
  if (text !== undefined) return []
  const { lines, length } = sections.length === 1 ? oneLog : manyLogs
  return sections.flatMap(({ log }) => {
    if (log === undefined) return []
    const end = lastLines(log.text, lines, length).split('\n')
    return [`    ${log.name}, its end:`, ...end.map((line) => `    | ${line}`)]
  })
}
