/** The first reading of the notification log. Alerts do not wait for it for ever. */
import type { Clock } from '../base/clock.ts'
import { within } from '../base/deadline.ts'
import { errorText, OperatorError } from '../base/errors.ts'
import type { LogState, NotificationLog } from '../store/notification-log.ts'

/** So long alerts wait for a log that cannot be read: a database's restart is over by then. */
const patienceMs = 15_000
const againMs = 1_000

export type TakenOver = { readonly state: LogState } | { readonly unreadable: string }

/** Rejects where waiting does not help: another process has a higher epoch, or the log is of a newer version. */
export async function takeOverInTime(
  log: NotificationLog,
  epoch: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<TakenOver> {
  const deadlineMs = clock.monotonicMs() + patienceMs
  for (;;) {
    try {
      const reason = () => new Error(`no answer within ${patienceMs / 1_000} s`)
      return { state: await within(log.takeOver(epoch), { clock, withinMs: deadlineMs - clock.monotonicMs(), reason }) }
    } catch (error) {
      if (error instanceof OperatorError && !error.retry) throw error
      if (clock.monotonicMs() + againMs > deadlineMs) return { unreadable: errorText(error) }
    }
    await clock.sleep(againMs, signal)
  }
}
