/** What people told kubernetes-pod-monitor, in the two tables of its database that it only reads. Nothing is changed there. */
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise'
import { addressText, connectionOptions, type MysqlSettings, readMysqlUrl } from '../connection-settings.ts'
import { mysqlError } from '../mysql-error.ts'

export interface PodMonitorPeople {
  /** Which Slack channel the crashes of a namespace go to. */
  readonly channels: readonly { readonly namespace: string; readonly channel: string }[]
  /** Containers of which nothing is told. */
  readonly mutes: readonly { readonly namespace: string; readonly container: string }[]
  /** Clusters that the tables also speak of. */
  readonly otherClusters: readonly string[]
}

const patienceMs = 10_000

/** Of one cluster, compared as kubernetes-pod-monitor does. Rejects with STORE_UNAVAILABLE, INVALID_OPTION. */
export async function readPodMonitorPeople(settings: MysqlSettings, cluster: string): Promise<PodMonitorPeople> {
  const what = `kubernetes-pod-monitor's database ${addressText(readMysqlUrl(settings))}`
  let connection: Connection | undefined
  try {
    connection = await createConnection(connectionOptions(settings))
    return await read(connection, cluster)
  } catch (error) {
    throw mysqlError(error, what, settings.flags)
  } finally {
    connection?.destroy()
  }
}

async function read(connection: Connection, cluster: string): Promise<PodMonitorPeople> {
  const rows = async (sql: string) =>
    (await connection.query<RowDataPacket[]>({ sql, timeout: patienceMs }, [cluster, cluster]))[0]
  const channels = await rows(`SELECT namespace, slack_channel FROM k8s_pod_crash_notify
    WHERE clustername = ? ORDER BY namespace`)
  const mutes = await rows(`SELECT namespace, containername FROM k8s_crash_ignore_notify
    WHERE clustername = ? ORDER BY namespace, containername`)
  const others = await rows(`SELECT DISTINCT clustername FROM k8s_pod_crash_notify WHERE clustername <> ?
    UNION SELECT DISTINCT clustername FROM k8s_crash_ignore_notify WHERE clustername <> ? ORDER BY clustername`)
  return {
    channels: channels.map(({ namespace, slack_channel }) => ({
      namespace: `${namespace}`,
      channel: `${slack_channel}`,
    })),
    mutes: mutes.map(({ namespace, containername }) => ({ namespace: `${namespace}`, container: `${containername}` })),
    otherClusters: others.map(({ clustername }) => `${clustername}`),
  }
}
