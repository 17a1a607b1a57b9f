/** What a failure of the server or of the way to it means, and what to do. */
import { errorText, hasCode, OperatorError } from '../../base/errors.ts'

/** Names of the server (https://mariadb.com/kb/en/mariadb-error-code-reference/), of Node and of mysql2. */
const advice: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: 'the user or the password is refused',
  ER_DBACCESS_DENIED_ERROR: 'the user has no right to the database',
  ER_TABLEACCESS_DENIED_ERROR:
    'the user lacks a right; it needs SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX; for crashes also DROP',
  ER_BAD_DB_ERROR: 'there is no such database: create it',
  ER_LOCK_WAIT_TIMEOUT: 'another operator holds its row for too long',
  ER_RECORD_FILE_FULL: "the server's disk is full",
  ER_DISK_FULL: "the server's disk is full",
  ER_NET_PACKET_TOO_LARGE: "the server's max_allowed_packet is too small: 16M is enough",
  HANDSHAKE_NO_SSL_SUPPORT:
    'the server speaks no TLS: give it a certificate, or set --store-tls=off where the network is trusted',
  HANDSHAKE_SSL_ERROR: "the server's certificate was not accepted: name its authority with --store-ca-file",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the server's certificate comes from nobody known: name its authority with --store-ca-file",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the server's certificate comes from nobody known: name its authority with --store-ca-file",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate comes from nobody known: name its authority with --store-ca-file",
}

const refusedCredentials = ['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR']

export function isRefused(error: unknown): boolean {
  return refusedCredentials.includes(codeOf(error) ?? '')
}

export function isMissingTable(error: unknown): boolean {
  return codeOf(error) === 'ER_NO_SUCH_TABLE'
}

/** `what` names the store and its database without the password; `flags`: see MysqlSettings. */
export function mysqlError(error: unknown, what: string, flags = '--store'): OperatorError {
  if (hasCode(error, 'STORE_FENCED', 'STORE_NEWER', 'STORE_UNAVAILABLE', 'INVALID_OPTION')) return error
  const known = advice[codeOf(error) ?? '']
  const told = known?.replaceAll('--store-', `${flags}-`)
  const text = told === undefined ? errorText(error) : `${told} (${errorText(error)})`
  return new OperatorError('STORE_UNAVAILABLE', `${what}: ${text}`)
}

function codeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  if (typeof code === 'string' && code in advice) return code
  return cause === undefined ? (typeof code === 'string' ? code : undefined) : codeOf(cause)
}
