import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Resolves as soon as `check` gives something other than undefined or false; rejects with `what` when it never does, and
 * with what `show` gives then.
 */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 60_000,
  show?: () => unknown,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const found = await check()
    if (found !== undefined && found !== false) return found
    if (performance.now() > deadlineMs) {
      const state = show === undefined ? '' : `; there is: ${JSON.stringify(await show(), undefined, 1)}`
      throw new Error(`${what}: not within ${withinMs / 1000} s${state}`)
    }
    await sleep(50)
  }
}
