/**
 * A process with nothing but a watch cache, for measuring it: `node churn-child.ts KUBECONFIG`. Prints its resident set and
 * what it has seen each second, until it is killed.
 */
import { systemClock } from '../../src/base/clock.ts'
import { spareMemory } from '../../src/base/heap.ts'
import { silentLogger } from '../../src/base/log.ts'
import { WatchCache } from '../../src/kube/watch-cache.ts'
import { configMaps, createLabClient } from './watch-lab.ts'

spareMemory()
const client = createLabClient(process.argv[2]!)
const cache = new WatchCache({ client, clock: systemClock, logger: silentLogger, timing: { streamSeconds: [5, 10] } })
let changes = 0
const subscription = cache.subscribe(
  { type: configMaps },
  {
    name: 'churn',
    project: ({ metadata }) => ({ uid: metadata.uid, resourceVersion: metadata.resourceVersion }),
    onChange: () => {
      changes += 1
    },
  },
)
await subscription.whenSynced(AbortSignal.timeout(60_000))
for (;;) {
  const [reflector] = cache.status()
  const { syncs, endings } = reflector!
  const line = {
    rssBytes: process.memoryUsage.rss(),
    changes,
    objects: subscription.size,
    syncs,
    closed: endings.closed,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
  await systemClock.sleep(1_000)
}
