import { alertView } from '../../api/http/alert-views.ts'
import { findAlert } from '../alerts/alert-source.ts'
import type { Context } from '../context.ts'
import type { ServerOptions } from '../options/server.ts'
import { withOperatorApi } from '../sources/operator-api.ts'

export interface AcknowledgeOptions extends ServerOptions {
  readonly comment?: string
}

/** One after the other; the first that fails ends it, and what was done before is told. */
export async function acknowledgeAlerts(
  ids: readonly string[],
  options: AcknowledgeOptions,
  context: Context,
): Promise<void> {
  const body = options.comment === undefined ? {} : { comment: options.comment }
  await withOperatorApi(options, context, async (api) => {
    for (const prefix of ids) {
      const { id } = await findAlert(api, prefix)
      const { title, acknowledged } = await api.post(`/alerts/${encodeURIComponent(id)}/acknowledge`, alertView, body)
      const who = acknowledged === undefined ? '' : ` as ${acknowledged.by}`
      context.stdout.write(`You look after it${who}: ${title}\n`)
    }
    context.stdout.write('No reminders until something new happens.\n')
  })
}
