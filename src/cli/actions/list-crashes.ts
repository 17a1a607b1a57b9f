import type { Context } from '../context.ts'
import { crashListing } from '../crashes/crash-listing.ts'
import { crashQueryOf, readCrashes } from '../crashes/crash-source.ts'
import type { CrashFilterOptions } from '../options/crash-filter.ts'
import type { OutputFormat, WatchOptions } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { withOperatorApi } from '../sources/operator-api.ts'
import { nowOf, showListing } from './show-listing.ts'

export interface ListCrashesOptions extends ServerOptions, WatchOptions, CrashFilterOptions {
  readonly limit: number
  readonly output: OutputFormat
}

export async function listCrashes(options: ListCrashesOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, (api) => {
    const load = async () => {
      const now = nowOf(context)
      const { namespace, ...filters } = crashQueryOf(options, api, now)
      const found = await readCrashes(api, { namespace, ...filters }, options.limit)
      const isFiltered = Object.values(filters).some((value) => value !== undefined)
      return crashListing(found, { now, namespace, isFiltered })
    }
    return showListing(load, options, context)
  })
}
