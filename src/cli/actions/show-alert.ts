import { receiverListView } from '../../api/http/object-views.ts'
import { readAlert } from '../alerts/alert-source.ts'
import { alertText } from '../alerts/alert-text.ts'
import type { Context } from '../context.ts'
import type { TextFormat } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { choosePaint } from '../output/color.ts'
import { formatDocument } from '../output/document.ts'
import { type OperatorApi, withOperatorApi } from '../sources/operator-api.ts'
import { nowOf } from './show-listing.ts'

export interface ShowAlertOptions extends ServerOptions {
  readonly output: TextFormat
}

export async function showAlert(id: string, options: ShowAlertOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, async (api) => {
    const alert = await readAlert(api, id)
    if (options.output !== 'text') return context.stdout.write(await formatDocument(alert, options.output))
    const { programName, stdout } = context
    const channels = alert.deliveries.length === 0 ? new Map<string, string>() : await channelsOf(api)
    const paint = choosePaint(context)
    stdout.write(alertText(alert, { now: nowOf(context), programName, channels, paint, width: stdout.columns }))
  })
}

/** Receivers that the caller may not see, or that are gone, stay without one: the alert is what was asked for. */
async function channelsOf(api: OperatorApi): Promise<Map<string, string>> {
  try {
    const { receivers } = await api.get('/receivers', receiverListView)
    return new Map(
      receivers.flatMap(({ namespace, name, channel }) => (channel ? [[`${namespace}/${name}`, channel]] : [])),
    )
  } catch {
    api.signal.throwIfAborted()
    return new Map()
  }
}
