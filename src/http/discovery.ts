/** What the API server asks an aggregated API for before it sends requests on. */

import { aggregatedGroup, aggregatedRoot, aggregatedVersion } from '../api/http/paths.ts'

const version = { groupVersion: `${aggregatedGroup}/${aggregatedVersion}`, version: aggregatedVersion }
const group = { name: aggregatedGroup, versions: [version], preferredVersion: version }

/**
 * By path. The list of resources is empty: what is served are no objects, so `kubectl get` has nothing to get there, and
 * whatever walks through all resources of a cluster (garbage collection, the deletion of a namespace) passes by.
 */
export const discoveryDocuments: Readonly<Record<string, object>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
  [`/apis/${aggregatedGroup}`]: { kind: 'APIGroup', apiVersion: 'v1', ...group },
  [aggregatedRoot]: {
    ...{ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: version.groupVersion },
    resources: [],
  },
}

/** All groups in one document, a format of its own: whoever is refused it asks for the others. */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  return accept?.includes('as=APIGroupDiscoveryList') === true && !/application\/json(,|;q|$)/.test(accept)
}
