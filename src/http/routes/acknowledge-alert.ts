import { z } from 'zod'
import { alertView } from '../../api/http/alert-views.ts'
import type { Acknowledgement, AlertRecord } from '../../store/notification-log.ts'
import { viewOfAlert } from '../alert-view.ts'
import { defineRoute } from '../api-route.ts'
import { rightOn } from '../policy-rights.ts'
import { Problem } from '../problem.ts'
import { type AlertSource, findSeenAlert } from '../seen-alert.ts'

interface Parts {
  readonly alerts: AlertSource & {
    /** Resolves when it is written down; with undefined where no such alert is open. */
    acknowledge(id: string, acknowledged: Acknowledgement): Promise<AlertRecord | undefined>
  }
}

/** The caller looks after an alert: nobody is reminded of it until something new happens. */
export const acknowledgeAlert = defineRoute<Parts>()({
  method: 'POST',
  path: '/alerts/:id/acknowledge',
  summary: 'Says that you look after it: no reminders until something new happens.',
  rights: 'update the policy that asked for the alert.',
  params: z.strictObject({ id: z.string().min(1).max(64).describe('Of the alert.') }),
  body: z.strictObject({ comment: z.string().min(1).max(1_024).optional().describe('For those who look next.') }),
  answer: alertView,
  needsLeader: true,
  handle: async ({ params, body }, { parts, access, caller, nowMs }) => {
    const known = await findSeenAlert(parts.alerts, params.id, access)
    await access.require(rightOn(known.alert.policy, 'update'))
    const comment = body.comment === undefined ? {} : { comment: body.comment }
    const record = await parts.alerts.acknowledge(params.id, { by: caller.username, atMs: nowMs, ...comment })
    if (record === undefined)
      throw new Problem('conflict', `alert ${params.id} is over: there is nothing to look after`)
    return viewOfAlert(record)
  },
})
