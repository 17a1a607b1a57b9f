import { type AlertReceiver, alertReceiver } from '../../api/alert-receiver.ts'
import type { Context } from '../context.ts'
import { receiverListing, receiverRecord } from '../objects/receiver-listing.ts'
import { withCluster } from '../sources/connect.ts'
import { listKind, placeOf } from '../sources/custom-resources.ts'
import type { ListObjectsOptions } from './list-policies.ts'
import { nowOf, showListing } from './show-listing.ts'

export async function listReceivers(options: ListObjectsOptions, context: Context): Promise<void> {
  await withCluster(options, context, (client, signal, contextNamespace) => {
    const place = placeOf(options, { client, signal, namespace: contextNamespace })
    const load = async () => {
      const objects = await listKind<AlertReceiver>(alertReceiver, place)
      return receiverListing(objects.map(receiverRecord), { now: nowOf(context), namespace: place.namespace })
    }
    return showListing(load, options, context)
  })
}
