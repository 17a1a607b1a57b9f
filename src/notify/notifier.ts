/** The seam between the pipeline and the channels. */
import type { Message } from '../model/message.ts'

/** Why a receiver did not take a message: the closed set that metrics count by. */
export const deliveryFailures = ['auth', 'rateLimited', 'client', 'server', 'timeout', 'network'] as const
export type DeliveryFailure = (typeof deliveryFailures)[number]

/** What a channel remembers of an incident, such as the id of its first message. Never a secret: it is stored and shown. */
export type IncidentData = Readonly<Record<string, string>>

export interface FailedDelivery {
  readonly sent: false
  /** Whether the same message may be taken later without anybody changing anything. */
  readonly retry: boolean
  readonly reason: DeliveryFailure
  /** For people: what happened and what to do; without secrets. */
  readonly message: string
  /** The receiver's wish: nothing before this time has passed. */
  readonly retryAfterMs?: number
  /** That wish is likely to be for the place alone that the message was for: others may still be told. */
  readonly isOfPlace?: boolean
  /** It may have arrived all the same, such as when no answer came. Absent: it did not. */
  readonly mayHaveArrived?: boolean
}

export type Delivery =
  /** `incident` replaces what was remembered; absent: it stays. `note`: what went wrong although it arrived; for people. */
  { readonly sent: true; readonly incident?: IncidentData; readonly note?: string } | FailedDelivery

/**
 * The calls that make up one delivery, where there is more than one: post, reply, upload. Each is written to the log
 * before it is made and after, so that a restart makes each call once.
 */
export interface DeliverySteps {
  /**
   * Makes the call, unless an earlier try of the same message made it: then gives what that one gave. `find` is asked first
   * where an earlier try began the call and nobody knows its end; where it finds nothing, the call is made.
   */
  run(
    name: string,
    call: () => Promise<IncidentData>,
    find?: () => Promise<IncidentData | undefined>,
  ): Promise<IncidentData>
}

export interface DeliveryContext {
  /** Aborted at the delivery's deadline. */
  readonly signal: AbortSignal
  /** What the channel remembered at the incident's last delivery; empty for its first. */
  readonly incident: IncidentData
  readonly steps: DeliverySteps
}

/** Whether the credentials work, asked without sending anything that people see. */
export type Preflight =
  /** `message`: what was found, such as the name of the workspace. */
  | { readonly status: 'ok'; readonly message: string }
  | { readonly status: 'failed'; readonly reason: DeliveryFailure; readonly message: string }
  /** There is nothing to ask without sending. */
  | { readonly status: 'untested'; readonly message: string }

/** How often a receiver of this kind may be sent to: `burst` at once, then one each `intervalMs`. */
export interface Rate {
  readonly burst: number
  readonly intervalMs: number
}

/**
 * One way out to people.
 *
 * Guarantees: resolves with what became of the message and does not throw, but for what `context.steps.run` throws; ends soon
 * after `signal` is aborted. It tries once: waiting and trying again is the pipeline's.
 * Called by: the pipeline, one message at a time for each incident.
 */
export interface Notifier {
  /** At each place: each Slack channel that messages name has its own. */
  readonly rate: Rate
  /** At all places together. */
  readonly totalRate?: Rate
  notify(message: Message, context: DeliveryContext): Promise<Delivery>
  /** Called when the receiver came or changed, and now and then. */
  preflight?(signal: AbortSignal): Promise<Preflight>
  /** Where the receiver forgets what it is not told again: the last message of each open incident is sent again this often. */
  readonly refreshMs?: number
  /** How many alerts one message to it names; absent: `maxMessageAlerts`, which is as many as people read. */
  readonly mostAlerts?: number
  close?(): Promise<void>
}
