import { byteCount } from '../../../api/byte-size.ts'
import type { CrashAlertRouteSpec } from '../../../api/crash-alert-route.ts'
import type { CrashLog } from '../../../model/crash.ts'
import type { LogWish } from './enrichment.ts'

/** How much of a log a route wants; undefined: none. */
export function logWishOf({ mode, tailLines, maxBytes }: CrashAlertRouteSpec['logs']): LogWish | undefined {
  return mode === 'Tail' ? { tailLines, maxBytes: byteCount(maxBytes) } : undefined
}

/**
 * Keeps of a log what is wanted: whole lines from the end, or where the last one is too long its end. The text is redacted already:
 * half a secret is known as none.
 */
export function cutLog(text: string, wish: LogWish, wasCut: boolean): CrashLog {
  const tail = lastBytes(lastLines(text, wish.tailLines), wish.maxBytes)
  return { text: tail, isCut: wasCut || tail.length < text.length }
}

function lastLines(text: string, count: number): string {
  let from = text.length
  for (let left = count; left > 0 && from >= 0; left--) from = from === 0 ? -1 : text.lastIndexOf('\n', from - 1)
  return from < 0 ? text : text.slice(from + 1)
}

function lastBytes(text: string, maximumBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maximumBytes) return text
  const from = bytes.length - maximumBytes
  const lineEnd = bytes.indexOf('\n', from - 1)
  if (lineEnd >= 0 && lineEnd < bytes.length - 1) return bytes.toString('utf8', lineEnd + 1)
  return bytes.toString('utf8', characterFrom(bytes, from))
}

/** The first place from there on where a character begins. */
function characterFrom(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1
  return at
}
