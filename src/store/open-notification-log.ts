/** The notification log that the options name. Its engine is loaded when it is wanted, and opened when it is first used. */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { MysqlSettings } from './mysql/connection-settings.ts'
import type { NotificationLog } from './notification-log.ts'
import type { StoreThread } from './sqlite/store-thread.ts'

export type NotificationLogOptions =
  /** `folder`: where embedded databases lie; it is made where there is none. `thread`: what others of them are on. */
  | { readonly engine: 'sqlite'; readonly folder: string; readonly thread?: StoreThread }
  | { readonly engine: 'mysql'; readonly settings: MysqlSettings; readonly clock: Clock }

export async function openNotificationLog(options: NotificationLogOptions): Promise<NotificationLog> {
  if (options.engine === 'mysql') {
    const { MysqlLog } = await import('./mysql/mysql-log.ts')
    return new MysqlLog(options.settings, options.clock)
  }
  const { SqliteLog } = await import('./sqlite/sqlite-log.ts')
  return new SqliteLog(join(options.folder, 'notifications.db'), options.thread)
}
