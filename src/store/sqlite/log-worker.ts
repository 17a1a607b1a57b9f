/**
 * The thread that has the log's file. It answers one request after the other. After a failure the file is opened anew with the
 * next request, so the log comes back by itself when its disk does.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { OperatorError } from '../../base/errors.ts'
import { LogDatabase } from './log-database.ts'
import { fileIdentity, openDatabase, storeError } from './open-database.ts'
import type { Reply, Request, WorkerData } from './worker-protocol.ts'

const { path } = workerData as WorkerData
let opened: { readonly database: LogDatabase; readonly file: string | undefined } | undefined

function database(): LogDatabase {
  if (opened !== undefined && opened.file !== fileIdentity(path)) {
    throw new OperatorError('STORE_UNAVAILABLE', `${path} was removed or replaced while it was in use`)
  }
  opened ??= { database: new LogDatabase(openDatabase(path)), file: fileIdentity(path) }
  return opened.database
}

function release(): void {
  const closing = opened?.database
  opened = undefined
  closing?.close()
}

function answer({ id, operation, args }: Request): Reply {
  try {
    if (operation === 'close') return { id, value: release() }
    const log = database()
    const call = log[operation] as (...values: readonly unknown[]) => unknown
    return { id, value: call.apply(log, [...args]) }
  } catch (error) {
    return { id, failure: failed(error) }
  }
}

function failed(error: unknown): Reply['failure'] {
  const { code, message } = storeError(error, path)
  if (code !== 'STORE_FENCED') {
    try {
      release()
    } catch {
      // Closing writes too, and fails for the same reason.
    }
  }
  return { code, message }
}

parentPort?.on('message', (request: Request) => parentPort?.postMessage(answer(request)))
