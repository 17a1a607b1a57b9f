import type { Context, Runnable, Suite } from 'mocha'

const reasons = new WeakMap<object, string>()

/**
 * Skips the test, or from a `before` hook the whole suite, and says why; `make test` prints the reason.
 * Does not return when it skips.
 */
export function skipUnless(context: Context, isPossible: boolean, reason: string): void {
  if (isPossible) return
  const runnable = context.currentTest ?? context.test
  const isHook = (runnable as { type?: string } | undefined)?.type === 'hook'
  const skipped: object | undefined = isHook ? runnable?.parent : runnable
  if (skipped !== undefined) reasons.set(skipped, reason)
  context.skip()
}

/** The reason given for a skipped test or for a suite around it. */
export function skipReasonOf(test: Runnable): string {
  for (let place: Runnable | Suite | undefined = test; place !== undefined; place = place.parent) {
    const reason = reasons.get(place)
    if (reason !== undefined) return reason
  }
  return 'no reason given'
}
