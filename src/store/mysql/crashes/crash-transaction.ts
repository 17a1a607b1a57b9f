/**
 * Crashes that are written, as SQL. A whole transaction is one request, so that the server never waits for this process while
 * it holds locks. What stands beside a crash (its texts, rows for other programs) is written where the crash was not known yet
 * (`@isNew`), and so once, however often and by however many it is written.
 */
import type { CrashRecord } from '../../../model/crash.ts'
import type { Format } from '../transaction.ts'
import { crashColumns, crashRow } from './crash-rows.ts'
import { podMonitorStatements } from './pod-monitor-tables.ts'

export interface CrashWriteOptions {
  readonly cluster: string
  /** Of `textTables`. */
  readonly textTable: string
  readonly withPodMonitorTables: boolean
}

/** What has to be so that anything is written. */
export interface CrashPremise {
  readonly version: number
  /** Which of `textTables` takes new texts. */
  readonly texts: number
}

/** What was found; null where there is nothing. */
export interface CrashAnswer {
  readonly open: 0 | 1
  readonly version: number | null
}

export function crashStatements(record: CrashRecord, options: CrashWriteOptions, format: Format): string {
  const { values, log, words } = crashRow(record, options.cluster)
  const marks = crashColumns.map(() => '?').join(', ')
  return [
    format(
      `INSERT IGNORE INTO dogwatch_crashes (${crashColumns.join(', ')}) SELECT ${marks} FROM DUAL WHERE @isOpen`,
      values,
    ),
    'SET @isNew = ROW_COUNT() = 1, @seq = LAST_INSERT_ID()',
    format(`INSERT INTO ${options.textTable} (seq, log, words) SELECT @seq, ?, ? FROM DUAL WHERE @isNew`, [log, words]),
    ...(options.withPodMonitorTables ? podMonitorStatements(record, options.cluster, format) : []),
  ].join(';\n')
}

/** `crashes`: each as `crashStatements` gives it. */
export function crashTransaction(crashes: readonly string[], { version, texts }: CrashPremise, format: Format): string {
  return [
    'SET @isOpen = FALSE, @version = NULL',
    'START TRANSACTION',
    'SELECT version, texts INTO @version, @texts FROM dogwatch_crash_version WHERE one = 1 LOCK IN SHARE MODE',
    format('SET @isOpen = COALESCE(@version = ? AND @texts = ?, FALSE)', [version, texts]),
    ...crashes,
    'COMMIT',
    'SELECT @isOpen AS open, @version AS version',
  ].join(';\n')
}
