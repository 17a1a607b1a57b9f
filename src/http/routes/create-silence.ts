import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { apiGroup } from '../../api/kind.ts'
import { dnsLabel, dnsSubdomain } from '../../api/schema.ts'
import { createdByApi, createdByLabel, silence } from '../../api/silence.ts'
import type { KubeObject } from '../../kube/resource.ts'
import type { NewObject } from '../../kube/writer.ts'
import { defineRoute } from '../api-route.ts'
import { silenceView, viewOfSilence } from '../silence-view.ts'

interface Parts {
  readonly creations: {
    /** As it was made. Rejects with API_CONFLICT where there is one of this name, API_INVALID where the API server refuses it. */
    create(resource: string, object: Omit<NewObject, 'apiVersion'>, signal: AbortSignal): Promise<KubeObject>
  }
}

const { matchers, startsAt, endsAt, duration, comment } = silence.spec.shape

/** Keeps alerts quiet. */
export const createSilence = defineRoute<Parts>()({
  method: 'POST',
  path: '/namespaces/:namespace/silences',
  summary: 'Makes a Silence in a namespace; it is removed some time after it is over.',
  rights: 'create Silences in the namespace.',
  params: z.strictObject({ namespace: dnsLabel().describe('Of the Silence.') }),
  body: z.strictObject({
    name: dnsSubdomain().optional().describe('Absent: one is made up.'),
    ...{ matchers, startsAt, endsAt, duration, comment },
  }),
  answer: silenceView,
  needsLeader: true,
  handle: async ({ params: { namespace }, body }, { parts, access, caller, signal }) => {
    await access.require({ verb: 'create', group: apiGroup, resource: silence.plural, namespace })
    const { name = `silence-${randomUUID().slice(0, 8)}`, ...wanted } = body
    const spec = { ...wanted, createdBy: caller.username.slice(0, 256) }
    const metadata = { namespace, name, labels: { [createdByLabel]: createdByApi } }
    return viewOfSilence(await parts.creations.create(silence.plural, { kind: silence.kind, metadata, spec }, signal))
  },
})
