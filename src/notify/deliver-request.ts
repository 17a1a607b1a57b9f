import type { Delivery, FailedDelivery } from './notifier.ts'
import type { Outgoing, OutgoingAnswer, OutgoingRequest } from './outgoing.ts'
import { excerptOf, failureOf, failureOfError } from './outgoing-failures.ts'
import type { SecretReference, Secrets } from './secrets.ts'

export interface PreparedRequest extends OutgoingRequest {
  /** Blotted out where the receiver repeats them. */
  readonly secretValues: readonly string[]
}

export interface RequestDelivery {
  readonly outgoing: Outgoing
  readonly secrets: Secrets
  /** Read anew once the receiver has refused them. */
  readonly references: readonly SecretReference[]
  /** Makes the request, with what it needs of Secrets. Nothing has arrived where it fails. */
  readonly prepare: () => Promise<PreparedRequest>
  /** The part of a refusal that says why; by default all of it. */
  readonly wordOf?: (answer: OutgoingAnswer) => string
  /** Where the provider says something else with a status than others do. */
  readonly judge?: (answer: OutgoingAnswer, usual: FailedDelivery) => FailedDelivery
}

export type Requested = { readonly sent: true; readonly answer: OutgoingAnswer } | FailedDelivery

/** Sends one request and says what became of it; never rejects. */
export async function deliverRequest(delivery: RequestDelivery): Promise<Requested> {
  const { outgoing, secrets, references, wordOf = ({ body }) => body } = delivery
  const prepared = await delivery.prepare().catch((error: unknown) => notPrepared(error))
  if ('sent' in prepared) return prepared
  try {
    const { secretValues, ...request } = prepared
    const answer = await outgoing.send(request)
    const usual = failureOf(answer, excerptOf(wordOf(answer), secretValues))
    if (usual === undefined) return { sent: true, answer }
    const failure = delivery.judge?.(answer, usual) ?? usual
    if (failure.reason === 'auth') for (const reference of references) secrets.refused(reference)
    return failure
  } catch (error) {
    return failureOfError(error)
  }
}

function notPrepared(error: unknown): FailedDelivery {
  const failure = failureOfError(error)
  return { ...failure, mayHaveArrived: false }
}

export function asDelivery(requested: Requested): Delivery {
  return requested.sent ? { sent: true } : requested
}

/** Reads what a receiver names; an absent reference gives undefined. */
export async function readOptional(
  secrets: Secrets,
  reference: SecretReference | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  return reference === undefined ? undefined : secrets.read(reference, signal)
}
