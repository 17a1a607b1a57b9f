import type { Context } from '../context.ts'
import { crashListing } from '../crashes/crash-listing.ts'
import { crashQueryOf, readCrashes } from '../crashes/crash-source.ts'
import { searchTextOf } from '../crashes/highlight.ts'
import { searchText } from '../crashes/search-text.ts'
import type { CrashFilterOptions } from '../options/crash-filter.ts'
import type { ServerOptions } from '../options/server.ts'
import { choosePaint } from '../output/color.ts'
import { formatListing } from '../output/listing.ts'
import { withOperatorApi } from '../sources/operator-api.ts'
import { nowOf } from './show-listing.ts'

export interface SearchCrashesOptions extends ServerOptions, CrashFilterOptions {
  readonly limit: number
  readonly output: 'text' | 'json' | 'yaml' | 'csv'
}

export async function searchCrashes(
  words: readonly string[],
  options: SearchCrashesOptions,
  context: Context,
): Promise<void> {
  await withOperatorApi(options, context, async (api) => {
    const { stdout } = context
    const [now, searched, paint] = [nowOf(context), searchTextOf(words), choosePaint(context)]
    const query = crashQueryOf(options, api, now)
    const found = await readCrashes(api, { ...query, q: searched }, options.limit)
    const shown = { now, namespace: query.namespace, width: stdout.columns, paint }
    const text =
      options.output === 'text'
        ? searchText(found, { ...shown, searched })
        : await formatListing(crashListing(found, { ...shown, isFiltered: true }), options.output, shown)
    stdout.write(text)
  })
}
