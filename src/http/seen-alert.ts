import type { AlertRecord, NotificationLog } from '../store/notification-log.ts'
import type { Access } from './access.ts'
import { maySee } from './policy-rights.ts'
import { Problem } from './problem.ts'

export interface AlertSource {
  /** The open alerts as they are at this moment; undefined where another process leads. */
  openAlerts(): readonly AlertRecord[] | undefined
  readonly history: Pick<NotificationLog, 'alert'>
}

/** The alert of this id. What a caller may not see is not there: he gets the same words. */
export async function findSeenAlert(source: AlertSource, id: string, access: Access): Promise<AlertRecord> {
  const open = source.openAlerts()?.find((record) => record.id === id)
  const record = open ?? (await source.history.alert(id))
  if (record !== undefined && (await maySee(access, record.alert.policy))) return record
  throw new Problem('notFound', `there is no alert ${id} that you may see; ids are in the list of alerts`)
}
