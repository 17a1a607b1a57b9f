/** From the operator's words to what the client library takes. The url holds the password: no error repeats any of it. */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { ConnectionOptions, PoolOptions } from 'mysql2/promise'
import { OperatorError } from '../../base/errors.ts'

export interface MysqlSettings {
  /** `mysql://user:password@host:3306/database`, read anew for each new set of connections. */
  readonly url: () => string
  /** `verify`: TLS, with the server's certificate and name checked. `off`: no TLS. */
  readonly tls: 'verify' | 'off'
  /** PEM file of the authorities that the server's certificate may come from; absent: those that Node knows. */
  readonly caFile?: string
  /** How the flags that set it begin, for advice; absent: `--store`. */
  readonly flags?: string
}

/** For people: where the log is, without the password. */
export interface MysqlAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
}

const form = 'mysql://user:password@host:3306/database'

/** Throws INVALID_OPTION; the text never repeats the url. */
export function parseMysqlUrl(text: string): MysqlAddress & { readonly password: string } {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined
  const database = decodeURIComponent(url?.pathname.slice(1) ?? '')
  const isUsable = url !== undefined && ['mysql:', 'mariadb:'].includes(url.protocol) && url.hostname !== ''
  if (!isUsable || url.username === '' || !/^[^/]+$/.test(database)) {
    throw new OperatorError('INVALID_OPTION', `the url of the MySQL store cannot be used: write it as ${form}`)
  }
  return {
    host: url.hostname.replaceAll(/[[\]]/g, ''),
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
  }
}

export function addressText({ user, host, port, database }: MysqlAddress): string {
  return `${user}@${host}:${port}/${database}`
}

const connectMs = 3_000
/** Shorter than the server's patience (`wait_timeout` of `sessionSettings`), so that it never closes what is in use. */
const idleMs = 20_000

/**
 * Throws INVALID_OPTION. mysql2 checks the certificate of a server that is named by its address against the name `localhost`,
 * so such a server is not trusted at all.
 */
export function readMysqlUrl({ url, tls, flags = '--store' }: MysqlSettings): ReturnType<typeof parseMysqlUrl> {
  const parsed = parseMysqlUrl(url())
  if (tls === 'verify' && isIP(parsed.host) !== 0) {
    const advice = `write its name instead, or set ${flags}-tls=off where the network is trusted`
    throw new OperatorError(
      'INVALID_OPTION',
      `the url of the MySQL store has an address, which no certificate proves: ${advice}`,
    )
  }
  return parsed
}

export function poolOptions(settings: MysqlSettings): PoolOptions {
  return {
    ...connectionOptions(settings),
    connectionLimit: 4,
    maxIdle: 1,
    idleTimeout: idleMs,
    queueLimit: 100,
    enableKeepAlive: true,
    // A whole transaction is one request: see transaction.ts.
    multipleStatements: true,
  }
}

export function connectionOptions(settings: MysqlSettings): ConnectionOptions {
  const { host, port, user, password, database } = readMysqlUrl(settings)
  return {
    ...{ host, port, user, password, database },
    charset: 'utf8mb4',
    connectTimeout: connectMs,
    ...(settings.tls === 'off' ? {} : { ssl: tlsOptions(settings.caFile) }),
  }
}

function tlsOptions(caFile: string | undefined): NonNullable<PoolOptions['ssl']> {
  const checks = { minVersion: 'TLSv1.2', rejectUnauthorized: true, verifyIdentity: true }
  return caFile === undefined ? checks : { ...checks, ca: readFileSync(caFile, 'utf8') }
}

/**
 * A process that was stopped in the middle of a transaction must not keep its locks for long, and one that waits for a lock
 * must say so soon. Backslashes escape, as the client library takes for granted.
 */
export const sessionSettings =
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES', SESSION innodb_lock_wait_timeout = 3, SESSION wait_timeout = 60"
