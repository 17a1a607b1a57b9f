import type { CrashTopKey } from '../../store/crash-history.ts'
import type { Context } from '../context.ts'
import { crashQueryOf, readTop } from '../crashes/crash-source.ts'
import { topListing } from '../crashes/top-listing.ts'
import type { CrashFilterOptions } from '../options/crash-filter.ts'
import type { OutputFormat } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { localText } from '../output/time.ts'
import { withOperatorApi } from '../sources/operator-api.ts'
import { nowOf, showListing } from './show-listing.ts'

export interface TopCrashesOptions extends ServerOptions, CrashFilterOptions {
  readonly by: CrashTopKey
  readonly since: string
  readonly limit: number
  readonly output: OutputFormat
}

export async function topCrashes(options: TopCrashesOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, (api) => {
    const { by, limit } = options
    const load = async () => {
      const now = nowOf(context)
      const query = crashQueryOf(options, api, now)
      const found = await readTop(api, by, query, limit)
      const time = (at: unknown) => localText(Date.parse(String(at)), now)
      const until = query.to === undefined ? '' : ` until ${time(query.to)}`
      return topListing(found, { now, by, namespace: query.namespace, span: `since ${time(query.from)}${until}` })
    }
    return showListing(load, options, context)
  })
}
