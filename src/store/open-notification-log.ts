/** The notification log that the options name. Its engine is loaded when it is wanted, and opened when it is first used. */
import { join } from 'node:path'
import type { NotificationLog } from './notification-log.ts'

export interface NotificationLogOptions {
  /** Where an embedded database lies. */
  readonly folder: string
}

export async function openNotificationLog({ folder }: NotificationLogOptions): Promise<NotificationLog> {
  const { SqliteLog } = await import('./sqlite/sqlite-log.ts')
  return new SqliteLog(join(folder, 'store', 'notifications.db'))
}
