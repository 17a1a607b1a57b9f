import { createHmac } from 'node:crypto'

/**
 * Headers by which a receiver knows that a message is from here and new: `Dogwatch-Signature` is the HMAC-SHA256 of
 * `<timestamp>.<body>` in hexadecimal, `Dogwatch-Timestamp` the seconds since 1970 at which it was made.
 */
export function signatureHeaders(key: string, body: string, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000))
  const digest = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')
  return { 'Dogwatch-Timestamp': timestamp, 'Dogwatch-Signature': `sha256=${digest}` }
}
