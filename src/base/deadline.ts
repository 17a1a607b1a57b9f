import type { Clock } from './clock.ts'

export interface Deadline {
  readonly clock: Clock
  readonly withinMs: number
  /** What the work is rejected with. */
  readonly reason: () => Error
}

/** The work's result, or the deadline's reason where it comes first: for work that cannot be stopped. It goes on unheard. */
export async function within<T>(work: Promise<T>, { clock, withinMs, reason }: Deadline): Promise<T> {
  let fail: (error: Error) => void = () => undefined
  const tooLate = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  const timer = clock.after(withinMs, () => fail(reason()))
  try {
    return await Promise.race([work, tooLate])
  } finally {
    timer.cancel()
    work.catch(() => undefined)
  }
}
