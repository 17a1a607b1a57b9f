/** Where alerts go that no receiver is named for: the operator's own console, and an Event on the policy. */
import type { PolicyReference, ReceiverReference } from '../model/alert.ts'
import type { Message } from '../model/message.ts'
import { createConsoleNotifier, type LineWriter } from './channels/console.ts'
import { atAnyHour, type Receiver } from './receivers.ts'

/** Puts an Event on a custom resource. */
export type EventWriter = (subject: PolicyReference, reason: string, note: string) => void

export function createOwnConsole(
  reference: ReceiverReference,
  writeLine: LineWriter,
  recordEvent: EventWriter,
): Receiver {
  const console = createConsoleNotifier(writeLine)
  return {
    ...reference,
    ...{ version: 'own', channel: 'console', hours: atAnyHour, isSharedWith: () => false },
    notifier: {
      rate: console.rate,
      notify: (message, context) => {
        recordEvents(message, recordEvent)
        return console.notify(message, context)
      },
    },
  }
}

/** The reasons of its Events. */
export const eventReasons = { firing: 'Alert', resolved: 'AlertResolved', closed: 'AlertClosed' } as const

function recordEvents({ firing, ended }: Message, recordEvent: EventWriter): void {
  for (const { policy, title, state } of [...firing, ...ended]) recordEvent(policy, eventReasons[state], title)
}
