import { writeSync } from 'node:fs'

/** Writes to standard output before anything else happens; a full pipe is tried again. */
export function acknowledge(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
