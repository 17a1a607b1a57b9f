import { type Silence, silence } from '../../api/silence.ts'
import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import type { OutputFormat, WatchOptions } from '../options/output.ts'
import { silenceListing } from '../silence/silence-listing.ts'
import { silenceRecord } from '../silence/silence-record.ts'
import { withCluster } from '../sources/connect.ts'
import { listKind, placeOf } from '../sources/custom-resources.ts'
import { nowOf, showListing } from './show-listing.ts'

export interface ListSilencesOptions extends ClusterOptions, NamespaceOptions, WatchOptions {
  readonly output: OutputFormat
  readonly expired?: boolean
}

export async function listSilences(options: ListSilencesOptions, context: Context): Promise<void> {
  await withCluster(options, context, (client, signal, contextNamespace) => {
    const place = placeOf(options, { client, signal, namespace: contextNamespace })
    const load = async () => {
      const objects = await listKind<Silence>(silence, place)
      const now = nowOf(context)
      const records = objects.map((object) => silenceRecord(object, now.nowMs))
      return silenceListing(records, { now, namespace: place.namespace, hasExpired: options.expired === true })
    }
    return showListing(load, options, context)
  })
}
