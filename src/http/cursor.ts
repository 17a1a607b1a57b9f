import { z } from 'zod'
import { Problem } from './problem.ts'

/** Where a page ended: when it was, and which it was. */
interface Place {
  readonly atMs: number
  readonly id: string
}

const place = z.tuple([z.int().min(0), z.string().min(1).max(64)])

/** A text that means nothing to callers. */
export function cursorOf({ atMs, id }: Place): string {
  return Buffer.from(JSON.stringify([atMs, id])).toString('base64url')
}

/** Throws a Problem where it is none of ours. */
export function placeOf(cursor: string): Place {
  try {
    const [atMs, id] = place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return { atMs, id }
  } catch {
    throw new Problem('invalid', 'the cursor is none that an earlier answer gave; ask without it for the first page')
  }
}
