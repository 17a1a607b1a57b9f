import { z } from 'zod'
import { alertReceiver } from '../../api/alert-receiver.ts'
import { receiverTestView } from '../../api/http/object-views.ts'
import { apiGroup } from '../../api/kind.ts'
import type { ReceiverReference } from '../../model/alert.ts'
import { type Delivery, deliveryFailures } from '../../notify/notifier.ts'
import { defineRoute } from '../api-route.ts'
import { objectParams } from '../params.ts'
import { Problem } from '../problem.ts'

interface Parts {
  readonly receivers: {
    /** Sends one test message. Undefined: there is no such receiver, or it cannot be used. */
    test(reference: ReceiverReference, signal: AbortSignal): Promise<Delivery | undefined>
  }
}

/** Tries a receiver out. */
export const testReceiver = defineRoute<Parts>()({
  method: 'POST',
  path: '/namespaces/:namespace/receivers/:name/test',
  summary: 'Sends a test message to a receiver and says what became of it.',
  rights: 'update the AlertReceiver.',
  params: objectParams('AlertReceiver'),
  answer: receiverTestView.extend({
    reason: z.enum(deliveryFailures).optional().describe('Why it was not taken.'),
  }),
  needsLeader: true,
  handle: async ({ params }, { parts, access, signal }) => {
    const { plural } = alertReceiver
    await access.require({ verb: 'update', group: apiGroup, resource: plural, ...params })
    const delivery = await parts.receivers.test(params, signal)
    if (delivery === undefined) throw new Problem('notFound', unusable(params))
    if (delivery.sent) return { sent: true, message: 'the receiver took the test message' }
    return { sent: false, reason: delivery.reason, message: delivery.message }
  },
})

function unusable({ namespace, name }: ReceiverReference): string {
  const look = `kubectl -n ${namespace} get ${alertReceiver.plural} ${name} -o wide`
  return `receiver ${namespace}/${name} does not exist or is not accepted: ${look}`
}
