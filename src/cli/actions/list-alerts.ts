import { alertListing } from '../alerts/alert-listing.ts'
import { type AlertQuery, readAlerts } from '../alerts/alert-source.ts'
import type { Context } from '../context.ts'
import type { OutputFormat, WatchOptions } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { withOperatorApi } from '../sources/operator-api.ts'
import { nowOf, showListing } from './show-listing.ts'

/** Which alerts. */
export interface AlertFilterOptions {
  readonly namespace?: string
  readonly severity?: string
  readonly policy?: string
  readonly label?: readonly string[]
}

export interface ListAlertsOptions extends ServerOptions, WatchOptions, AlertFilterOptions {
  readonly state: AlertQuery['state']
  readonly limit: number
  readonly output: OutputFormat
}

export async function listAlerts(options: ListAlertsOptions, context: Context): Promise<void> {
  const { state, limit } = options
  const filters = filtersOf(options)
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  await withOperatorApi(options, context, (api) => {
    const load = async () => {
      const { alerts, hasMore } = await readAlerts(api, { state, ...filters }, limit)
      return alertListing(alerts, { now: nowOf(context), state, hasMore, isFiltered })
    }
    return showListing(load, options, context)
  })
}

export function filtersOf({ namespace, severity, policy, label }: AlertFilterOptions): Omit<AlertQuery, 'state'> {
  return { namespace, severity, policy, label }
}
