import { z } from 'zod'
import { type AlertReceiverStatus, alertReceiver } from '../../api/alert-receiver.ts'
import type { KubeObject } from '../../kube/resource.ts'
import { defineRoute } from '../api-route.ts'
import { objectView, viewOfObject } from '../object-view.ts'
import { listSeenObjects, type ObjectLister } from '../seen-objects.ts'

const receiverView = objectView.extend({
  channel: z.string().optional().describe('The kind of channel.'),
  usedBy: z.int().optional().describe('Policies that name it.'),
  lastDeliveryAt: z.string().optional().describe('RFC 3339; at most five minutes old.'),
})

/** Where alerts can go. */
export const listReceivers = defineRoute<{ readonly objects: ObjectLister }>()({
  method: 'GET',
  path: '/receivers',
  summary: 'Receivers, and whether they work.',
  rights: 'get each AlertReceiver; others are left out.',
  query: z.strictObject({ namespace: z.string().max(63).optional().describe('Of this namespace. Absent: of all.') }),
  answer: z.object({ receivers: z.array(receiverView) }),
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
