import { setTimeout as sleep } from 'node:timers/promises'
import { startCluster } from '../../hack/testbed/cluster.ts'
import { installKinds } from '../kinds.ts'
import { OperatorProcess } from '../operator.ts'
import type { Work } from '../work.ts'

/** What it costs to have it where there is nothing to say. */
export const idle: Work = {
  name: 'idle',
  title: 'The operator idle in a small cluster',
  async run(context) {
    const cluster = await startCluster()
    try {
      await installKinds(cluster)
      const operator = new OperatorProcess(context, cluster.kubeconfigPath)
      try {
        await operator.untilSynced({ nodes: 0, pods: 0 })
        const waitSeconds = context.isQuick ? 10 : 60
        await sleep(waitSeconds * 1000)
        const { rssBytes, peakBytes } = operator.memory()
        return {
          subjects: [{ name: 'dogwatch operator', rssBytes: [rssBytes], peakBytes: [peakBytes] }],
          bars: [{ what: 'RSS', unit: 'MB', comparison: '<=', limit: 100, value: rssBytes / 1e6 }],
          notes: [
            `The bundle that ships, with the policies of \`examples\`; read ${waitSeconds} s after its first sync.`,
          ],
        }
      } finally {
        await operator.stop()
      }
    } finally {
      await cluster.stop()
    }
  },
}
