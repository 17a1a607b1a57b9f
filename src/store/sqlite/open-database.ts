/** Opens a file of the store, and says of each failure what happened and what to do. */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorText, OperatorError } from '../../base/errors.ts'
import { checkVersion, type FileFormat, migrate } from './file-format.ts'

/** How long another process may hold the file. */
const busyMs = 2_000
const cacheKibibytes = 2_048
/** The journal is cut back to this when it was written into the file. */
const journalBytes = 16 * 1024 * 1024

/** FULL: a commit has reached the disk when it returns. */
const settings = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${cacheKibibytes};
  PRAGMA journal_size_limit = ${journalBytes}; PRAGMA temp_store = MEMORY`

/** Readable by its owner alone: alerts and logs may be confidential. */
export function openDatabase(path: string, format: FileFormat): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: busyMs })
  try {
    // Before anything is written to it.
    const version = checkVersion(database, path, format)
    // What frees pages one by one must be said before the first table is made.
    if (version === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    database.exec(settings)
    migrate(database, version, format)
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

const fullDisk = 13

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const advice: Readonly<Record<number, string>> = {
  5: 'another process holds it; only one operator may use it',
  8: 'it cannot be written: check the rights of its folder and volume',
  10: 'its volume fails: check the volume',
  11: 'it is damaged. Nothing was deleted: move it away to begin with an empty one, or put a backup in its place',
  13: 'no space is left on its volume: make room, or keep less history',
  14: 'it cannot be opened: check the rights of its folder and volume',
  26: 'it is damaged or no database. Nothing was deleted: move it away to begin with an empty one, or put a backup in its place',
}

/** What went wrong as STORE_UNAVAILABLE, unless it says more. */
export function storeError(error: unknown, path: string, format: FileFormat): OperatorError {
  if (error instanceof OperatorError) return error
  const { errcode, code } = error as { errcode?: number; code?: string }
  const result = code === 'ENOSPC' ? fullDisk : (errcode ?? 0) & 0xff
  const known = result === fullDisk ? `${advice[result]} (${format.sizeOption})` : advice[result]
  const message = `${format.name} ${path}: ${known === undefined ? errorText(error) : `${known} (${errorText(error)})`}`
  return new OperatorError('STORE_UNAVAILABLE', message, { cause: error })
}
