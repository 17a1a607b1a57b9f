import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves as soon as `check` gives something other than undefined or false; rejects with `what` when it never does. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 60_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${withinMs / 1000} s`)
    await sleep(100)
  }
}
