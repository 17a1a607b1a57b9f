/** Who may write: of two processes that both believe they lead, the one with the higher epoch. */
import { OperatorError } from '../base/errors.ts'
import type { LogRow } from './log-rows.ts'

export interface EpochWrite {
  readonly epoch: number
  readonly rows: readonly LogRow[]
}

/** Of one write: null, or the higher epoch that refused it. */
export type Refusal = number | null

export function fencedError(epoch: number, newest: number): OperatorError {
  const message = `epoch ${newest} has taken over the notification log from epoch ${epoch}`
  return new OperatorError('STORE_FENCED', message)
}
