import { errorText } from '../../../base/errors.ts'
import { historyFacts, resourceFacts } from './container-facts.ts'
import type { EnrichPart } from './part.ts'
import { containerOf, statusOf } from './pod-object.ts'

/** What the container may use and how it fared before. */
export const crashedContainer: EnrichPart = {
  what: 'limits',
  withinMs: 5_000,
  isFor: ({ pod, sighting }) => pod !== undefined && sighting.container !== undefined,
  find: async ({ podNow, sighting }) => {
    const name = sighting.container?.name ?? ''
    const pod = await podNow().catch((error: unknown) => ({ error }))
    if ('error' in pod) return { facts: historyFacts(sighting, undefined), missing: [errorText(pod.error)] }
    const container = containerOf(pod, name)
    const resources = container === undefined ? [] : resourceFacts(container)
    const all = historyFacts(sighting, statusOf(pod, name))
    // Who ran out of memory wants to know of how much.
    return sighting.reason === 'OOMKilled' ? { first: resources, facts: all } : { facts: [...all, ...resources] }
  },
}
