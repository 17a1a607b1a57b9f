/** What one process knows while it leads; the next term begins anew from the log. */
import type { AlertBook } from './alert-book.ts'
import type { Facts } from './facts.ts'
import type { LogWriter } from './log-writer.ts'
import type { ReceiverQueue } from './receiver-queue.ts'

export interface Term {
  readonly writer: LogWriter
  readonly book: AlertBook
  readonly queues: Map<string, ReceiverQueue>
  /** What watchers want to know after a restart. */
  readonly facts: Facts
  isOpen: boolean
  isStopped: boolean
}

export function stop(term: Term): void {
  term.isStopped = true
  for (const queue of term.queues.values()) queue.pause()
}

/** Whether some receiver has to be told yet that this alert is over. */
export function isOwed({ queues }: Term, alertKey: string): boolean {
  return [...queues.values()].some((queue) => queue.board.knows(alertKey))
}
