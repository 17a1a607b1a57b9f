/** Opens the log's file, and says of each failure what happened and what to do. */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorText, OperatorError } from '../../base/errors.ts'
import { checkVersion, migrate } from './schema.ts'

/** How long another process may hold the file. */
const busyMs = 2_000
const cacheKibibytes = 2_048
/** The journal is cut back to this when it was written into the file. */
const journalBytes = 16 * 1024 * 1024

/** FULL: a commit has reached the disk when it returns. */
const settings = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKibibytes};
  PRAGMA journal_size_limit = ${journalBytes}; PRAGMA temp_store = MEMORY`

/** Readable by its owner alone: alerts and logs may be confidential. */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: busyMs })
  try {
    // Before anything is written to it.
    const version = checkVersion(database, path)
    // What frees pages one by one must be said before the first table is made.
    if (version === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    database.exec(settings)
    migrate(database, version)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** Tells a file from one that was put in its place; undefined where there is none. */
export function fileIdentity(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const advice: Readonly<Record<number, string>> = {
  5: 'another process holds it; only one operator may use it',
  8: 'it cannot be written: check the rights of its folder and volume',
  10: 'its volume fails: check the volume',
  11: 'it is damaged. Nothing was deleted: move it away to begin with an empty log, or put a backup in its place',
  13: 'no space is left on its volume: make room, or keep less history (--history-max-bytes)',
  14: 'it cannot be opened: check the rights of its folder and volume',
  26: 'it is damaged or no database. Nothing was deleted: move it away to begin with an empty log, or put a backup in its place',
}

/** What went wrong as STORE_UNAVAILABLE, unless it says more. */
export function storeError(error: unknown, path: string): OperatorError {
  if (error instanceof OperatorError) return error
  const { errcode, code } = error as { errcode?: number; code?: string }
  const known = advice[code === 'ENOSPC' ? 13 : (errcode ?? 0) & 0xff]
  const message = `the notification log ${path}: ${known === undefined ? errorText(error) : `${known} (${errorText(error)})`}`
  return new OperatorError('STORE_UNAVAILABLE', message, { cause: error })
}
