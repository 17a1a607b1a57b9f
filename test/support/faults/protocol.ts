/** What a test and its pipeline process say to each other. */
import type { Alert, AlertRoute } from '../../../src/model/alert.ts'

/**
 * Where a process kills itself, at the first message that names a victim: before the intent is in the log, right after, when
 * the channel has sent it and nothing of that is written, and when the result is written.
 */
export const steps = ['before the intent', 'after the intent', 'after sending', 'after the result'] as const
export type Step = (typeof steps)[number]

/** Alerts whose object is named so are what a fault is aimed at. */
export const victimPrefix = 'victim'

export interface PipelineSettings {
  /** A folder of SQLite's, or a URL of MySQL's. */
  readonly store: string
  readonly epoch: number
  /** File receivers write below it. */
  readonly receiversFolder: string
  readonly dieAt?: Step
  /** Stops itself (SIGSTOP) there instead. */
  readonly sleepAt?: Step
  /** It may tell for so long after it last looked; then never again. Absent: for ever. */
  readonly holdsMs?: number
}

export type Order =
  | { readonly do: 'put'; readonly alert: Alert; readonly route: AlertRoute }
  | { readonly do: 'receiver'; readonly name: string; readonly channel: object }
  | { readonly do: 'forget'; readonly name: string }
  | { readonly do: 'secret'; readonly name: string; readonly key: string; readonly value: string }
  | { readonly do: 'drain' }

export type Word =
  | { readonly is: 'leading' }
  | { readonly is: 'refused'; readonly code: string }
  | { readonly is: 'fenced' }
  | { readonly is: 'drained' }
  /** Absent `why`: the log is written again. */
  | { readonly is: 'degraded'; readonly why?: string }
  | { readonly is: 'failed'; readonly receiver: string; readonly reason: string; readonly message: string }
