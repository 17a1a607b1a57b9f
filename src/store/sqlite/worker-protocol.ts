/** What passes between the stores and their worker: calls of the databases, by name. */
import type { ErrorCode } from '../../base/errors.ts'
import type { CrashDatabase } from './crash-database.ts'
import type { LogDatabase } from './log-database.ts'

/** What a file can be. */
export interface Databases {
  readonly log: LogDatabase
  readonly crashes: CrashDatabase
}

export type FileKind = keyof Databases

export interface StoreFile<Kind extends FileKind = FileKind> {
  readonly kind: Kind
  readonly path: string
}

export interface Request {
  readonly id: number
  /** Who asks: each has its own connection to the file. */
  readonly user: number
  readonly file: StoreFile
  /** `close` ends the connection. */
  readonly operation: string
  readonly args: readonly unknown[]
}

export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly code: ErrorCode; readonly message: string } | undefined
}
