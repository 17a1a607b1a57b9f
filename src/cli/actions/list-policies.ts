import { policyKinds } from '../../api/kinds.ts'
import type { Context } from '../context.ts'
import { policyListing, policyRecord } from '../objects/policy-listing.ts'
import type { PolicyObject } from '../objects/policy-object.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import type { OutputFormat, WatchOptions } from '../options/output.ts'
import { withCluster } from '../sources/connect.ts'
import { listKind, placeOf } from '../sources/custom-resources.ts'
import { showListing } from './show-listing.ts'

export interface ListObjectsOptions extends ClusterOptions, NamespaceOptions, WatchOptions {
  readonly output: OutputFormat
}

export async function listPolicies(options: ListObjectsOptions, context: Context): Promise<void> {
  await withCluster(options, context, (client, signal, contextNamespace) => {
    const place = placeOf(options, { client, signal, namespace: contextNamespace })
    const load = async () => {
      const lists = await Promise.all(
        policyKinds.map(async (kind) => {
          const objects = await listKind<PolicyObject>(kind, place)
          return objects.map((object) => policyRecord({ ...object, kind: kind.kind }))
        }),
      )
      return policyListing(lists.flat(), place.namespace)
    }
    return showListing(load, options, context)
  })
}
