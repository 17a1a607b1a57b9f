/** From the operator's options to the notification log. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import { type MysqlSettings, readMysqlUrl } from '../store/mysql/connection-settings.ts'
import type { NotificationLogOptions } from '../store/open-notification-log.ts'
import type { StoreThread } from '../store/sqlite/store-thread.ts'
import type { OperatorOptions } from './options.ts'

/** Throws INVALID_OPTION where the url of the store cannot be read or used. */
export function notificationLogOptions(
  options: OperatorOptions,
  clock: Clock,
  thread?: StoreThread,
): NotificationLogOptions {
  const onThread = thread === undefined ? {} : { thread }
  if (options.store === 'sqlite') return { engine: 'sqlite', folder: join(options.dataDir, 'store'), ...onThread }
  const settings = mysqlSettings(options)
  return { engine: 'mysql', settings, clock }
}

export function mysqlSettings(options: OperatorOptions): MysqlSettings {
  const { storeUrl = '', storeUrlFile } = options
  const url = storeUrlFile === undefined ? () => storeUrl : urlFrom(storeUrlFile, '--store-url-file')
  return checkedSettings(options, url)
}

export function crashHistorySettings(options: OperatorOptions): MysqlSettings {
  const { crashHistoryUrlFile } = options
  if (crashHistoryUrlFile === undefined) return mysqlSettings(options)
  return checkedSettings(options, urlFrom(crashHistoryUrlFile, '--crash-history-url-file'))
}

/** Throws INVALID_OPTION where the url cannot be read or used. */
function checkedSettings({ storeTls, storeCaFile }: OperatorOptions, url: () => string): MysqlSettings {
  const settings: MysqlSettings = { url, tls: storeTls, ...(storeCaFile === undefined ? {} : { caFile: storeCaFile }) }
  readMysqlUrl(settings)
  return settings
}

/** The file is read at each use, so that a password can change. */
function urlFrom(file: string, flag: string): () => string {
  return () => {
    try {
      return readFileSync(file, 'utf8')
    } catch (cause) {
      throw new OperatorError('INVALID_OPTION', `${flag}: ${errorText(cause)}`)
    }
  }
}
