/**
 * Asks all parts at once what they find out about a crash, each within its own time, and puts it together. A few crashes at a time:
 * the rest wait, but not for long, since a message without its log is worth more than one an hour late.
 */
import type { Clock } from '../../../base/clock.ts'
import { errorText, OperatorError } from '../../../base/errors.ts'
import { ShortMemory } from '../../../base/short-memory.ts'
import { CallDeadline, unlessAborted } from '../../../kube/call-deadline.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { Slots } from '../../../kube/slots.ts'
import { askPod } from './ask-pod.ts'
import type { CrashedPod, Enricher, Enrichment, EnrichRequest } from './enrichment.ts'
import type { EnrichPart, Found, PartContext } from './part.ts'
import { enrichParts } from './parts.ts'
import { type Finding, putTogether } from './put-together.ts'
import { createSilentNodes } from './silent-nodes.ts'

export interface EnricherOptions {
  readonly client: KubeClient
  readonly clock: Clock
  /** False: the operator sees one namespace alone, and no node; default true. */
  readonly isClusterWide?: boolean
  /** Crashes that are looked into at the same time; default 8. */
  readonly most?: number
  /** How long a crash waits for its turn before it is told without all this; default 20 s. */
  readonly turnWithinMs?: number
  /** While more crashes than this wait, what costs much is left out; default 32. */
  readonly stormFrom?: number
}

export function createEnricher(options: EnricherOptions): Enricher {
  const inquiry = new Inquiry(options)
  return { enrich: (request, signal) => inquiry.enrich(request, signal) }
}

/** An answer that many crashes share is good for so long. */
const recallMs = 15_000
const mostRecalled = 500
const recallWithinMs = 5_000

class Inquiry {
  readonly #options: EnricherOptions
  readonly #slots: Slots
  readonly #memory: ShortMemory<unknown>
  readonly #shared: Pick<PartContext, 'client' | 'clock' | 'silentNodes' | 'recall'>
  #waiting = 0

  constructor(options: EnricherOptions) {
    const { client, clock } = options
    this.#options = options
    this.#slots = new Slots(options.most ?? 8)
    this.#memory = new ShortMemory({ clock, keepMs: recallMs, most: mostRecalled })
    this.#shared = {
      client,
      clock,
      silentNodes: createSilentNodes(clock),
      recall: (key, ask) => this.#recall(key, ask),
    }
  }

  async enrich(request: EnrichRequest, signal: AbortSignal): Promise<Enrichment> {
    const { isClusterWide = true } = this.#options
    const parts = enrichParts.filter((part) => part.isFor(request) && (isClusterWide || part.isOfCluster !== true))
    try {
      const leave = await this.#turn(signal)
      const found = await this.#findAll(parts, request, signal).finally(leave)
      signal.throwIfAborted()
      return putTogether(request, found)
    } catch (error) {
      signal.throwIfAborted()
      const missing = [errorText(error)]
      return putTogether(
        request,
        parts.map(({ what }) => ({ what, missing })),
      )
    }
  }

  async #turn(signal: AbortSignal): Promise<() => void> {
    const { clock, turnWithinMs: afterMs = 20_000 } = this.#options
    const reason = () =>
      new OperatorError('API_TIMEOUT', `so many crashes came that its turn did not within ${afterMs / 1000} s`)
    const deadline = new CallDeadline(signal, clock, { afterMs, reason })
    this.#waiting += 1
    try {
      return await this.#slots.take(deadline.signal)
    } finally {
      this.#waiting -= 1
      deadline.end()
    }
  }

  #findAll(parts: readonly EnrichPart[], request: EnrichRequest, signal: AbortSignal): Promise<Finding[]> {
    const context = { ...request, ...this.#shared, podNow: askedOnce(this.#shared.client, request.pod, signal) }
    const isStorm = this.#waiting > (this.#options.stormFrom ?? 32)
    return Promise.all(
      parts.map(async (part) => {
        const isLeftOut = isStorm && part.isLeftOutInStorms === true
        const found = isLeftOut ? leftOut : await findInTime(part, context, signal)
        return { ...found, what: part.what }
      }),
    )
  }

  /** Not with the signal of whoever asked first: the others need the answer too. */
  #recall<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const answer = this.#memory.get(key, () => {
      const reason = () => new OperatorError('API_TIMEOUT', `no answer within ${recallWithinMs / 1000} s`)
      const nobody = new AbortController().signal
      const deadline = new CallDeadline(nobody, this.#options.clock, { afterMs: recallWithinMs, reason })
      return ask(deadline.signal).finally(() => deadline.end())
    })
    return answer as Promise<T>
  }
}

const leftOut: Found = { missing: ['not looked for, as many crashes came at once'] }

async function findInTime(part: EnrichPart, context: PartContext, signal: AbortSignal): Promise<Found> {
  const reason = () => new OperatorError('API_TIMEOUT', `no answer within ${part.withinMs / 1000} s`)
  const deadline = new CallDeadline(signal, context.clock, { afterMs: part.withinMs, reason })
  try {
    return await unlessAborted(part.find(context, deadline.signal), deadline.signal)
  } catch (error) {
    return { missing: [errorText(error)] }
  } finally {
    deadline.end()
  }
}

function askedOnce(client: KubeClient, pod: CrashedPod | undefined, signal: AbortSignal): PartContext['podNow'] {
  let asked: ReturnType<typeof askPod> | undefined
  return () => {
    asked ??= pod === undefined ? Promise.reject(new Error('there is no pod')) : askPod(client, pod, signal)
    return asked
  }
}
