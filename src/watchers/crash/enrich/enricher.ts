/**
 * Asks all parts at once what they find out about a crash, each within its own time, and puts it together. A few crashes at a time:
 * the rest wait, but not for long, since a message without its log is worth more than one an hour late.
 */
import type { Clock } from '../../../base/clock.ts'
import { errorText, OperatorError } from '../../../base/errors.ts'
import { CallDeadline, unlessAborted } from '../../../kube/call-deadline.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { Slots } from '../../../kube/slots.ts'
import { plainText } from '../../../model/plain-text.ts'
import { askPod } from './ask-pod.ts'
import type { CrashedPod, Enricher, Enrichment, EnrichRequest } from './enrichment.ts'
import type { EnrichPart, Found, PartContext } from './part.ts'
import { enrichParts } from './parts.ts'

export interface EnricherOptions {
  readonly client: KubeClient
  readonly clock: Clock
  /** Crashes that are looked into at the same time; default 8. */
  readonly most?: number
  /** How long a crash waits for its turn before it is told without all this; default 20 s. */
  readonly turnWithinMs?: number
}

export function createEnricher(options: EnricherOptions): Enricher {
  const slots = new Slots(options.most ?? 8)
  return { enrich: (request, signal) => enrichInTurn(options, slots, { request, signal }) }
}

interface Call {
  readonly request: EnrichRequest
  readonly signal: AbortSignal
}

async function enrichInTurn(options: EnricherOptions, slots: Slots, { request, signal }: Call): Promise<Enrichment> {
  const afterMs = options.turnWithinMs ?? 20_000
  const reason = () =>
    new OperatorError('API_TIMEOUT', `so many crashes came that its turn did not within ${afterMs / 1000} s`)
  const turn = new CallDeadline(signal, options.clock, { afterMs, reason })
  const parts = enrichParts.filter((part) => part.isFor(request))
  try {
    const leave = await slots.take(turn.signal)
    turn.end()
    return await findAll(parts, { request, signal }, options).finally(leave)
  } catch (error) {
    signal.throwIfAborted()
    return enrichmentOf(request, [{ missing: parts.map(({ what }) => `${what}: ${errorText(error)}`) }])
  } finally {
    turn.end()
  }
}

async function findAll(parts: readonly EnrichPart[], call: Call, options: EnricherOptions): Promise<Enrichment> {
  const { client, clock } = options
  const { request, signal } = call
  const podNow = request.pod === undefined ? noPod : askedOnce(client, request.pod, signal)
  const context = { ...request, client, clock, podNow }
  const found = await Promise.all(parts.map((part) => findInTime(part, context, signal)))
  signal.throwIfAborted()
  return enrichmentOf(request, found)
}

async function findInTime(part: EnrichPart, context: PartContext, signal: AbortSignal): Promise<Found> {
  const reason = () => new OperatorError('API_TIMEOUT', `no answer within ${part.withinMs / 1000} s`)
  const deadline = new CallDeadline(signal, context.clock, { afterMs: part.withinMs, reason })
  try {
    return await unlessAborted(part.find(context, deadline.signal), deadline.signal)
  } catch (error) {
    return { missing: [`${part.what}: ${context.redactor.redact(plainText(errorText(error)))}`] }
  } finally {
    deadline.end()
  }
}

function askedOnce(client: KubeClient, pod: CrashedPod, signal: AbortSignal): PartContext['podNow'] {
  let asked: ReturnType<typeof askPod> | undefined
  return () => {
    asked ??= askPod(client, pod, signal)
    return asked
  }
}

function noPod(): Promise<never> {
  return Promise.reject(new Error('there is no pod'))
}

function enrichmentOf({ sighting, redactor }: EnrichRequest, found: readonly Found[]): Enrichment {
  const message = sighting.message === undefined ? '' : redactor.redact(plainText(sighting.message)).trim()
  const log = found.find((part) => part.log !== undefined)?.log
  const proven = found.find((part) => part.proven !== undefined)?.proven
  return {
    ...(log && { log }),
    ...(message !== '' && { message }),
    ...(proven && { proven }),
    facts: found.flatMap(({ facts = [] }) => facts),
    missing: found.flatMap(({ missing = [] }) => missing),
  }
}
