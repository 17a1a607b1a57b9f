import { z } from 'zod'
import { type AlertReceiverStatus, alertReceiver } from '../../api/alert-receiver.ts'
import { receiverListView, type receiverView } from '../../api/http/object-views.ts'
import type { KubeObject } from '../../kube/resource.ts'
import { defineRoute } from '../api-route.ts'
import { viewOfObject } from '../object-view.ts'
import { listSeenObjects, type ObjectLister } from '../seen-objects.ts'

/** Where alerts can go. */
export const listReceivers = defineRoute<{ readonly objects: ObjectLister }>()({
  method: 'GET',
  path: '/receivers',
  summary: 'Receivers, and whether they work.',
  rights: 'get each AlertReceiver; others are left out.',
  query: z.strictObject({ namespace: z.string().max(63).optional().describe('Of this namespace. Absent: of all.') }),
  answer: receiverListView,
  needsLeader: false,
  handle: async ({ query }, { parts, access, signal }) => {
    const found = await listSeenObjects(parts.objects, alertReceiver.plural, query.namespace, { access, signal })
    return { receivers: found.map(viewOf) }
  },
})

function viewOf(object: KubeObject): z.output<typeof receiverView> {
  const { channel, usedBy, lastDeliveryTime } = (object.status ?? {}) as Partial<AlertReceiverStatus>
  return { ...viewOfObject(object), channel, usedBy, lastDeliveryAt: lastDeliveryTime }
}
