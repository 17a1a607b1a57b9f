import { alertDetailView } from '../../api/http/alert-views.ts'
import { errorText, hasCode } from '../../base/errors.ts'
import { escapedJson } from '../../model/harmless-text.ts'
import { type ChangedAlert, changesBetween, changeText } from '../alerts/alert-changes.ts'
import { type FoundAlerts, readAlerts } from '../alerts/alert-source.ts'
import type { Context } from '../context.ts'
import type { ServerOptions } from '../options/server.ts'
import { choosePaint } from '../output/color.ts'
import { shortIds } from '../output/short-id.ts'
import { type OperatorApi, withOperatorApi } from '../sources/operator-api.ts'
import { type AlertFilterOptions, filtersOf } from './list-alerts.ts'
import { nowOf } from './show-listing.ts'

export interface WatchAlertsOptions extends ServerOptions, AlertFilterOptions {
  /** Milliseconds. */
  readonly interval: number
  readonly output: 'text' | 'json'
}

const mostWatched = 5_000

/** A line for each alert that begins, is taken or ends, until Ctrl-C. An operator that is away for a while is waited for. */
export async function watchAlerts(options: WatchAlertsOptions, context: Context): Promise<void> {
  const { clock, signal, stdout } = context
  try {
    await withOperatorApi(options, context, async (api) => {
      const read = () => readAlerts(api, { state: 'firing', ...filtersOf(options) }, mostWatched)
      let seen = (await read()).alerts
      if (seen.length === 0 && options.output === 'text') stdout.write('Nothing fires; waiting. Ctrl-C ends.\n')
      tell(changesBetween([], seen), options, context)
      const patience = createPatience(context)
      for (;;) {
        await clock.sleep(options.interval, signal)
        const found = await patience.tryTo(read)
        if (found === undefined) continue
        const changes = changesBetween(seen, found.alerts)
        tell(await Promise.all(changes.map((change) => withEnd(change, api))), options, context)
        seen = found.alerts
      }
    })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** How it ended stands in the history, where it can be had. */
async function withEnd(changed: ChangedAlert, api: OperatorApi): Promise<ChangedAlert> {
  if (changed.change !== 'over') return changed
  try {
    const { id } = changed.alert
    const { deliveries: _, ...alert } = await api.get(`/alerts/${encodeURIComponent(id)}`, alertDetailView)
    return { change: 'over', alert }
  } catch {
    api.signal.throwIfAborted()
    return changed
  }
}

function tell(changes: readonly ChangedAlert[], options: WatchAlertsOptions, context: Context): void {
  const ids = shortIds(changes.map(({ alert }) => alert.id))
  const paint = choosePaint(context)
  for (const changed of changes) {
    const { id } = changed.alert
    const shortId = id.slice(0, Math.max(8, ids.get(id)!.length))
    const text =
      options.output === 'json'
        ? `${escapedJson(JSON.stringify(changed))}\n`
        : changeText(changed, { now: nowOf(context), shortId, paint })
    context.stdout.write(text)
  }
}

/** Says once that the operator cannot be asked, and once that it can again. */
function createPatience({ stderr, signal }: Context) {
  let isAway = false
  return {
    tryTo: async (read: () => Promise<FoundAlerts>): Promise<FoundAlerts | undefined> => {
      try {
        const found = await read()
        if (isAway) stderr.write('The operator answers again.\n')
        isAway = false
        return found
      } catch (error) {
        signal.throwIfAborted()
        if (!hasCode(error, 'API_UNREACHABLE', 'API_TIMEOUT', 'API_SERVER', 'API_THROTTLED')) throw error
        if (!isAway) stderr.write(`The operator cannot be asked, trying again: ${errorText(error)}\n`)
        isAway = true
        return undefined
      }
    },
  }
}
