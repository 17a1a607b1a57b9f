import { apiGroup } from '../../api/kind.ts'
import { silence } from '../../api/silence.ts'
import type { KubeObject } from '../../kube/resource.ts'
import { defineRoute } from '../api-route.ts'
import type { ObjectPlace } from '../kube-objects.ts'
import { objectParams } from '../params.ts'
import { silenceView, viewOfSilence } from '../silence-view.ts'

interface Parts {
  readonly changes: {
    /** As it is after the merge patch. */
    merge(at: ObjectPlace, patch: object, signal: AbortSignal): Promise<KubeObject>
  }
}

/** Ends a silence before its time. It stays to be looked up; one that is kept in files comes back with them. */
export const expireSilence = defineRoute<Parts>()({
  method: 'POST',
  path: '/namespaces/:namespace/silences/:name/expire',
  summary: 'Ends a Silence now: what still fires is told.',
  rights: 'patch the Silence.',
  params: objectParams('Silence'),
  answer: silenceView,
  needsLeader: true,
  handle: async ({ params }, { parts, access, nowMs, signal }) => {
    const at = { resource: silence.plural, ...params }
    await access.require({ verb: 'patch', group: apiGroup, ...at })
    const endsAt = new Date(nowMs).toISOString()
    // Without a beginning it began when it was made, so that one that was still to come can end, too.
    return viewOfSilence(await parts.changes.merge(at, { spec: { startsAt: null, duration: null, endsAt } }, signal))
  },
})
