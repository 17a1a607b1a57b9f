import { join } from 'node:path'
import { cachedFolder } from '../../hack/testbed/cache.ts'
import type { BenchContext } from '../work.ts'
import { recordStream } from './record.ts'

/** The path of a recorded watch of the big cluster's pods: made once, while the cluster changes as fast as it can. */
export async function ensureRecording(context: BenchContext, events: number): Promise<string> {
  const folder = await cachedFolder(`stream-${context.clusterName}-${events}-events`, async (made) => {
    const { cluster, size } = await context.bigCluster()
    context.say(`Recording a watch of ${events} changes (about a minute, once)`)
    await recordStream(cluster, { ...size, events, to: join(made, 'watch') })
  })
  return join(folder, 'watch')
}
