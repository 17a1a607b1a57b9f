/** What the text of an option may be, and what it means. Each throws with what is wrong and what to write instead. */
import { byteCount, byteSizePattern } from '../api/byte-size.ts'
import { durationMs } from '../api/duration.ts'
import { type LogLevel, logLevels } from '../base/log.ts'
import type { ListenAddress } from '../http/listen.ts'
import { parseMysqlUrl } from '../store/mysql/connection-settings.ts'

export function anyText(text: string): string {
  if (text.trim() === '') throw new Error('is empty; leave the option out instead')
  return text
}

export function shortText(text: string): string {
  if (!/^[\w. -]{1,64}$/.test(text))
    throw new Error('is no cluster name; use 1 to 64 letters, digits, spaces, or . _ -')
  return text
}

export function namespaceName(text: string): string {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) throw new Error('is no name of a namespace')
  return text
}

export function logLevel(text: string): LogLevel {
  const found = logLevels.find((level) => level === text)
  if (found === undefined) throw new Error(`is no log level; use one of ${logLevels.join(', ')}`)
  return found
}

export function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((word) => word === text)
    if (found === undefined) throw new Error(`is not known; use one of ${known.join(', ')}`)
    return found
  }
}

export function mysqlUrl(text: string): string {
  parseMysqlUrl(text)
  return text
}

const dayMs = 24 * 60 * 60_000

export function historyAge(text: string): number {
  const days = /^([0-9]{1,5})d$/.exec(text)?.[1]
  const ageMs = days === undefined ? durationMs(text) : Number(days) * dayMs
  if (ageMs < 60_000) throw new Error('is less than 1m')
  return ageMs
}

export function historyBytes(text: string): number {
  if (!byteSizePattern.test(text)) throw new Error('is no size; use bytes, or Ki, Mi or Gi of them, such as 512Mi')
  const bytes = byteCount(text)
  if (bytes < leastHistoryBytes) throw new Error('is less than 1Mi')
  return bytes
}

const leastHistoryBytes = 1024 * 1024

export function listenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9a-f:]+\]|[^:]*):(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) throw new Error('is no address; use host:port, such as 0.0.0.0:8080 or :8080')
  const host = (match[1] ?? '').replaceAll(/[[\]]/g, '')
  return { host: host === '' ? undefined : host, port }
}

export function onOrOff(text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new Error('is neither true nor false')
}

export function replicaCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 9) throw new Error('is no number of replicas from 1 to 9')
  return count
}

export function leaseDuration(text: string): number {
  const leaseMs = durationMs(text)
  if (leaseMs < 2_000 || leaseMs > 300_000) throw new Error('is outside 2s to 5m')
  return leaseMs
}
