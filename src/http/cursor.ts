import { z } from 'zod'
import type { Position } from './alert-page.ts'
import { Problem } from './problem.ts'

const position = z.tuple([z.int().min(0), z.string().min(1).max(64)])

/** A text that means nothing to callers. */
export function cursorOf({ startedMs, id }: Position): string {
  return Buffer.from(JSON.stringify([startedMs, id])).toString('base64url')
}

/** Throws a Problem where it is none of ours. */
export function positionOf(cursor: string): Position {
  try {
    const [startedMs, id] = position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { startedMs, id }
  } catch {
    throw new Problem('invalid', 'the cursor is none that an earlier answer gave; ask without it for the first page')
  }
}
