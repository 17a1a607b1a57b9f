/**
 * The thread that has the store's files. It answers one request after the other. After a failure a file is opened anew with the
 * next request, so a store comes back by itself when its disk does.
 */
import type { DatabaseSync } from 'node:sqlite'
import { parentPort } from 'node:worker_threads'
import { OperatorError } from '../../base/errors.ts'
import { CrashDatabase } from './crash-database.ts'
import { crashFormat } from './crash-format.ts'
import type { FileFormat } from './file-format.ts'
import { LogDatabase } from './log-database.ts'
import { logFormat } from './log-format.ts'
import { fileIdentity, openDatabase, storeError } from './open-database.ts'
import type { Databases, FileKind, Reply, Request, StoreFile } from './worker-protocol.ts'

interface Opened {
  readonly database: Databases[FileKind]
  readonly file: string | undefined
}

interface Engine {
  readonly format: FileFormat
  readonly create: (database: DatabaseSync) => Databases[FileKind]
}

const engines: Readonly<Record<FileKind, Engine>> = {
  log: { format: logFormat, create: (database) => new LogDatabase(database) },
  crashes: { format: crashFormat, create: (database) => new CrashDatabase(database) },
}

const connections = new Map<number, Opened>()

function connect(user: number, { kind, path }: StoreFile): Databases[FileKind] {
  const known = connections.get(user)
  if (known !== undefined && known.file !== fileIdentity(path)) {
    throw new OperatorError('STORE_UNAVAILABLE', `${path} was removed or replaced while it was in use`)
  }
  if (known !== undefined) return known.database
  const { format, create } = engines[kind]
  const database = create(openDatabase(path, format))
  connections.set(user, { database, file: fileIdentity(path) })
  return database
}

function release(user: number): void {
  const closing = connections.get(user)
  connections.delete(user)
  closing?.database.close()
}

function answer({ id, user, file, operation, args }: Request): Reply {
  try {
    if (operation === 'close') return { id, value: release(user) }
    const database = connect(user, file) as unknown as Record<string, (...values: readonly unknown[]) => unknown>
    return { id, value: database[operation]?.(...args) }
  } catch (error) {
    return { id, failure: failed(error, user, file) }
  }
}

function failed(error: unknown, user: number, { kind, path }: StoreFile): Reply['failure'] {
  const { code, message } = storeError(error, path, engines[kind].format)
  if (code !== 'STORE_FENCED') {
    try {
      release(user)
    } catch {
      // Closing writes too, and fails for the same reason.
    }
  }
  return { code, message }
}

parentPort?.on('message', (request: Request) => parentPort?.postMessage(answer(request)))
