/**
 * The tables of kubernetes-pod-monitor, kept as it keeps them, so that what reads them goes on: `k8s_crash_monitor`, what of each
 * container was told; `k8s_pod_crash`, each restart; and what people wrote, which is only read: `k8s_pod_crash_notify`, channels
 * by namespace, and `k8s_crash_ignore_notify`, containers that nothing is told of. It knows runs of containers that ended, and
 * nothing else. A table that is there is never changed.
 */
import type { PoolConnection, RowDataPacket } from 'mysql2/promise'
import { OperatorError } from '../../../base/errors.ts'
import type { CrashRecord } from '../../../model/crash.ts'
import type { ToldRestarts } from '../../crash-history.ts'
import type { Format } from '../transaction.ts'

interface Column {
  readonly name: string
  readonly type: string
}

interface PodMonitorTable {
  readonly columns: readonly Column[]
  readonly key: readonly string[]
}

const columns = (type: string, ...names: readonly string[]): Column[] => names.map((name) => ({ name, type }))

const tables: Readonly<Record<string, PodMonitorTable>> = {
  k8s_crash_monitor: {
    columns: [
      ...columns('CHAR(64) NOT NULL', 'clustername', 'namespace'),
      ...columns('CHAR(255) NOT NULL', 'podname', 'containername'),
      ...columns('INT(11) DEFAULT NULL', 'restartcount', 'retries', 'edited_at'),
    ],
    key: ['clustername', 'namespace', 'podname', 'containername'],
  },
  k8s_pod_crash: {
    columns: [
      ...columns('INT(11) NOT NULL AUTO_INCREMENT', 'id'),
      ...columns('VARCHAR(120) NOT NULL', 'clustername', 'namespace', 'containername'),
      ...columns('INT(11) NOT NULL DEFAULT 0', 'restartcount'),
      ...columns('DATETIME(6) DEFAULT NULL', 'date'),
    ],
    key: ['id'],
  },
  k8s_pod_crash_notify: {
    columns: columns('VARCHAR(255) NOT NULL', 'clustername', 'namespace', 'slack_channel'),
    key: ['clustername', 'namespace'],
  },
  k8s_crash_ignore_notify: {
    columns: columns('VARCHAR(255) NOT NULL', 'clustername', 'namespace', 'containername'),
    key: ['clustername', 'namespace', 'containername'],
  },
}

/** Makes those that are missing. Rejects with STORE_UNAVAILABLE where one that is there has not what is needed. */
export async function preparePodMonitorTables(connection: PoolConnection): Promise<void> {
  const present = await presentColumns(connection)
  for (const [name, table] of Object.entries(tables)) {
    const found = present.get(name)
    if (found === undefined) await connection.query(createStatement(name, table))
    else requireColumns(name, table, found)
  }
}

/** In lower case: servers differ in how they write them. */
async function presentColumns(connection: PoolConnection): Promise<Map<string, Set<string>>> {
  const sql = `SELECT table_name AS named, column_name AS part FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name IN (?)`
  const [rows] = await connection.query<RowDataPacket[]>(sql, [Object.keys(tables)])
  const found = new Map<string, Set<string>>()
  for (const { named, part } of rows) {
    const name = `${named}`.toLowerCase()
    found.set(name, (found.get(name) ?? new Set()).add(`${part}`.toLowerCase()))
  }
  return found
}

function createStatement(name: string, { columns: parts, key }: PodMonitorTable): string {
  const lines = parts.map((column) => `${column.name} ${column.type}`)
  return `CREATE TABLE IF NOT EXISTS ${name} (${lines.join(', ')}, PRIMARY KEY (${key.join(', ')})) ENGINE=InnoDB ROW_FORMAT=DYNAMIC`
}

function requireColumns(name: string, table: PodMonitorTable, found: ReadonlySet<string>): void {
  const missing = table.columns.filter((column) => !found.has(column.name)).map((column) => column.name)
  if (missing.length === 0) return
  const advice = 'it is not changed: give it what kubernetes-pod-monitor has there, or leave its tables out'
  throw new OperatorError('STORE_UNAVAILABLE', `the table ${name} has no column ${missing.join(', ')}; ${advice}`)
}

/** Where a crash is one that kubernetes-pod-monitor knows of: what it would write of it. */
export function podMonitorStatements(record: CrashRecord, cluster: string, format: Format): string[] {
  const { namespace, pod, container, exitCode, restartCount, seenMs } = record
  if (pod === undefined || container === undefined || exitCode === undefined || container.role === 'init') return []
  const counted = [cluster, namespace, container.name, restartCount, localTime(seenMs)]
  const told = [cluster, namespace, pod.name, container.name, restartCount, Math.floor(seenMs / 1_000)]
  return [
    format(
      `INSERT INTO k8s_pod_crash (clustername, namespace, containername, restartcount, date)
        SELECT ?, ?, ?, ?, ? FROM DUAL WHERE @isNew`,
      counted,
    ),
    format(
      `INSERT INTO k8s_crash_monitor (clustername, namespace, podname, containername, restartcount, retries, edited_at)
        SELECT ?, ?, ?, ?, ?, 0, ? FROM DUAL WHERE @isNew
        ON DUPLICATE KEY UPDATE
          restartcount = IF(VALUES(edited_at) >= COALESCE(edited_at, 0), VALUES(restartcount), restartcount),
          retries = 0, edited_at = GREATEST(COALESCE(edited_at, 0), VALUES(edited_at))`,
      told,
    ),
  ]
}

/** As the clock on the operator's wall shows it, which is how kubernetes-pod-monitor writes it. */
function localTime(atMs: number): string {
  const at = new Date(atMs)
  const two = (part: number) => `${part}`.padStart(2, '0')
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}

export async function readToldRestarts(connection: PoolConnection, cluster: string): Promise<ToldRestarts[]> {
  const sql = `SELECT namespace, podname, containername, restartcount FROM k8s_crash_monitor
    WHERE clustername = ? AND restartcount > 0`
  const [rows] = await connection.query<RowDataPacket[]>(sql, [cluster])
  return rows.map(({ namespace, podname, containername, restartcount }) => ({
    ...{ namespace: `${namespace}`, pod: `${podname}`, container: `${containername}` },
    restartCount: Number(restartcount),
  }))
}
