/** What makes a file one of ours and of this version, and how an older file becomes that. */
import type { DatabaseSync } from 'node:sqlite'
import { OperatorError } from '../../base/errors.ts'

export interface FileFormat {
  /** For people. */
  readonly name: string
  /** Says whose file it is; 0 in a file that was just made. */
  readonly applicationId: number
  /** Step n makes version n + 1 of version n. A step that was released is never changed. */
  readonly migrations: readonly string[]
  /** The option that makes it smaller. */
  readonly sizeOption: string
}

/** The file's version, 0 for a new one. Throws STORE_NEWER, and STORE_UNAVAILABLE for a file of another program. */
export function checkVersion(database: DatabaseSync, path: string, format: FileFormat): number {
  const version = pragma(database, 'user_version')
  const owner = pragma(database, 'application_id')
  const isNew = owner === 0 && version === 0 && pragma(database, 'page_count') <= 1
  if (owner !== format.applicationId && !isNew) {
    throw new OperatorError('STORE_UNAVAILABLE', `${path} is a database of another program: move it away`)
  }
  if (version > format.migrations.length) throw newerError(path, version, format)
  return version
}

export function migrate(database: DatabaseSync, version: number, format: FileFormat): void {
  for (const [index, sql] of format.migrations.entries()) {
    if (index >= version) step(database, sql, { version: index + 1, applicationId: format.applicationId })
  }
}

function newerError(path: string, version: number, { name, migrations }: FileFormat): OperatorError {
  const versions = `in version ${version} of its format; this one knows version ${migrations.length}`
  const advice = `Run that newer version again, or move the file away to begin with an empty one`
  return new OperatorError('STORE_NEWER', `${name} ${path} was written by a newer Dogwatch, ${versions}. ${advice}`)
}

interface Made {
  readonly version: number
  readonly applicationId: number
}

function step(database: DatabaseSync, sql: string, { version, applicationId }: Made): void {
  database.exec('BEGIN IMMEDIATE')
  if (pragma(database, 'user_version') >= version) {
    database.exec('ROLLBACK')
    return
  }
  database.exec(`${sql}; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}; COMMIT`)
}

export function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}
