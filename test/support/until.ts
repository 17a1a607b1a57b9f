import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  readonly withinMs?: number
  /** What is shown when it does not come: the state as it is then. */
  readonly show?: () => unknown
}

/** Resolves with what `probe` gives as soon as that is neither false nor undefined; says what was waited for when it never is. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, false | undefined>> {
  const { withinMs = 20_000, show } = options
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const found = await probe()
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>
    if (performance.now() > deadlineMs) {
      const state = show === undefined ? '' : `; there is: ${JSON.stringify(await show(), undefined, 1)}`
      throw new Error(`Not within ${withinMs / 1000} s: ${what}${state}`)
    }
    await sleep(50)
  }
}
