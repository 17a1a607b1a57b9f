import { z } from 'zod'
import { alertDetailView, type DeliveryView } from '../../api/http/alert-views.ts'
import type { DeliveryRecord, NotificationLog } from '../../store/notification-log.ts'
import { timeOf, viewOfAlert } from '../alert-view.ts'
import { defineRoute } from '../api-route.ts'
import { type AlertSource, findSeenAlert } from '../seen-alert.ts'

interface Parts {
  readonly alerts: AlertSource & { readonly history: Pick<NotificationLog, 'deliveries'> }
}

/** One alert, and whom it was told to. */
export const showAlert = defineRoute<Parts>()({
  method: 'GET',
  path: '/alerts/:id',
  summary: 'One alert, and what became of the messages about it.',
  rights: 'get the policy that asked for the alert.',
  params: z.strictObject({ id: z.string().min(1).max(64).describe('Of the alert.') }),
  answer: alertDetailView,
  needsLeader: false,
  handle: async ({ params }, { parts, access }) => {
    const record = await findSeenAlert(parts.alerts, params.id, access)
    const deliveries = await parts.alerts.history.deliveries(record.id)
    return { ...viewOfAlert(record), deliveries: deliveries.map(viewOfDelivery) }
  },
})

function viewOfDelivery(delivery: DeliveryRecord): DeliveryView {
  const { id, receiver, reason, state, intendedMs, endedMs, tries, failure } = delivery
  return {
    ...{ id, receiver, reason, state, tries, intendedAt: timeOf(intendedMs) },
    ...(endedMs === undefined ? {} : { endedAt: timeOf(endedMs) }),
    ...(failure === undefined ? {} : { failure }),
  }
}
