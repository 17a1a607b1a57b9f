import { type CrashAlertRoute, crashAlertRoute } from '../../api/crash-alert-route.ts'
import type { Context } from '../context.ts'
import { lineListing } from '../routes/line-listing.ts'
import { muteListing } from '../routes/mute-listing.ts'
import { withCluster } from '../sources/connect.ts'
import { listKind, placeOf } from '../sources/custom-resources.ts'
import type { ListObjectsOptions } from './list-policies.ts'
import { showListing } from './show-listing.ts'

export interface ListRoutesOptions extends ListObjectsOptions {
  readonly muted?: boolean
}

export async function listRoutes(options: ListRoutesOptions, context: Context): Promise<void> {
  await withCluster(options, context, (client, signal, contextNamespace) => {
    const place = placeOf(options, { client, signal, namespace: contextNamespace })
    const load = () => listKind<CrashAlertRoute>(crashAlertRoute, place)
    if (options.muted === true)
      return showListing(async () => muteListing(await load(), place.namespace), options, context)
    return showListing(async () => lineListing(await load(), place.namespace), options, context)
  })
}
