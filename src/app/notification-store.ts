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

/** The file is read at each use, so that a password can change. Throws INVALID_OPTION where the url cannot be read or used. */
export function mysqlSettings({ storeUrl = '', storeUrlFile, storeTls, storeCaFile }: OperatorOptions): MysqlSettings {
  const settings: MysqlSettings = {
    url: storeUrlFile === undefined ? () => storeUrl : () => readUrl(storeUrlFile),
    tls: storeTls,
    ...(storeCaFile === undefined ? {} : { caFile: storeCaFile }),
  }
  readMysqlUrl(settings)
  return settings
}

function readUrl(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new OperatorError('INVALID_OPTION', `--store-url-file: ${errorText(cause)}`)
  }
}
