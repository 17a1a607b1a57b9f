/** How the node of a crash fares. Many crashes come from one node at once, so an answer is good for a moment. */
import { hasCode } from '../../../base/errors.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { resourcePath } from '../../../kube/resource.ts'
import { eventFacts } from './event-facts.ts'
import type { CountedEvent } from './event-object.ts'
import { listEvents } from './list-events.ts'
import { nodeFacts, recentMs } from './node-facts.ts'
import { leanNode, type NodeObject } from './node-object.ts'
import type { EnrichPart } from './part.ts'

export const crashNode: EnrichPart = {
  what: 'node',
  withinMs: 5_000,
  isOfCluster: true,
  isFor: ({ pod }) => pod?.node !== undefined,
  find: async ({ client, pod, sighting: { atMs }, recall, redactor }) => {
    const name = pod?.node ?? ''
    const known = await recall(`node ${name}`, (signal) => askNode(client, name, signal))
    if (known === undefined) return { facts: [`Node ${name} is gone.`] }
    const recent = known.events.filter(({ lastMs }) => Math.abs(atMs - lastMs) < recentMs)
    const telling = { crashMs: atMs, redactor }
    const told = eventFacts(recent, telling).map((fact) => `Node ${name}: ${fact}`)
    return { facts: [...nodeFacts(name, known.node, telling), ...told] }
  },
}

interface KnownNode {
  readonly node: NodeObject
  readonly events: readonly CountedEvent[]
}

/** Undefined where there is none of the name. */
async function askNode(client: KubeClient, name: string, signal: AbortSignal): Promise<KnownNode | undefined> {
  const path = resourcePath({ group: '', version: 'v1', resource: 'nodes' }, { name })
  // Events on what has no namespace are kept in this one.
  const query = { namespace: 'default', fieldSelector: `involvedObject.kind=Node,involvedObject.name=${name}` }
  try {
    const [node, events] = await Promise.all([
      client.requestJson<NodeObject>({ path, signal }),
      listEvents(client, query, signal),
    ])
    return { node: leanNode(node), events }
  } catch (error) {
    if (hasCode(error, 'API_NOT_FOUND')) return undefined
    throw error
  }
}
