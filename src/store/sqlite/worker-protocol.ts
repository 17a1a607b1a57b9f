/** What passes between the log and its worker: calls of `LogDatabase`, by name. */
import type { ErrorCode } from '../../base/errors.ts'
import type { LogDatabase } from './log-database.ts'

export interface WorkerData {
  /** Of the database file. */
  readonly path: string
}

export type Operation = keyof LogDatabase

export interface Request {
  readonly id: number
  readonly operation: Operation
  readonly args: readonly unknown[]
}

export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly code: ErrorCode; readonly message: string } | undefined
}
