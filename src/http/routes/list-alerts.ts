import { z } from 'zod'
import { alertPageView } from '../../api/http/alert-views.ts'
import { severities } from '../../model/alert.ts'
import { type AlertFilter, type AlertPageSource, type Position, readAlertPage } from '../alert-page.ts'
import { viewOfAlert } from '../alert-view.ts'
import { defineRoute } from '../api-route.ts'
import { cursorOf, placeOf } from '../cursor.ts'
import { maySee } from '../policy-rights.ts'

const text = () => z.string().min(1).max(253)
const labelPattern = /^[^=]{1,317}=/

const query = z.strictObject({
  state: z.enum(['firing', 'ended', 'all']).default('firing').describe('firing by default; ended ones are history.'),
  namespace: text().optional().describe('About objects of this namespace.'),
  severity: z.enum(severities).optional(),
  policy: z
    .string()
    .regex(/^[^/]{1,63}\/[^/]{1,253}$/, 'write namespace/name')
    .optional()
    .describe('Of this policy, as namespace/name.'),
  label: z
    .union([z.string().regex(labelPattern, 'write name=value'), z.array(z.string().regex(labelPattern)).max(32)])
    .optional()
    .describe('name=value, exactly; may be given several times: all have to hold.'),
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('Alerts on a page.'),
  cursor: z.string().max(200).optional().describe('`next` of the page before, to get the one after it.'),
})

/** Alerts that the caller may see, a page at a time. */
export const listAlerts = defineRoute<{ readonly alerts: AlertPageSource }>()({
  method: 'GET',
  path: '/alerts',
  summary: 'Alerts that fire, or the history of those that are over.',
  rights: 'get the policy that asked for the alert; alerts of other policies are left out.',
  query,
  answer: alertPageView,
  needsLeader: false,
  handle: async ({ query: asked }, { parts, access }) => {
    const page = await readAlertPage(parts.alerts, {
      filter: filterOf(asked),
      limit: asked.limit,
      after: asked.cursor === undefined ? undefined : positionOf(asked.cursor),
      isVisible: ({ alert }) => maySee(access, alert.policy),
    })
    const next = page.next === undefined ? {} : { next: cursorOf({ atMs: page.next.startedMs, id: page.next.id }) }
    return { alerts: page.records.map(viewOfAlert), ...next }
  },
})

function positionOf(cursor: string): Position {
  const { atMs, id } = placeOf(cursor)
  return { startedMs: atMs, id }
}

function filterOf({ state, namespace, severity, policy, label }: z.output<typeof query>): AlertFilter {
  const pairs = [label ?? []].flat().map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  const [policyNamespace = '', policyName = ''] = policy?.split('/') ?? []
  const named = policy === undefined ? undefined : { namespace: policyNamespace, name: policyName }
  return { state, namespace, severity, labels: Object.fromEntries(pairs), policy: named }
}
