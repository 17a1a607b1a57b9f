import { startCluster } from './hack/testbed/cluster.ts'
import { bigClusterName } from './bench/cluster/big-cluster.ts'
import { recordStream } from './bench/stream/record.ts'
import { readFileSync } from 'node:fs'
const size = { nodes: 1000, pods: 10000 }
const c = await startCluster({ snapshot: bigClusterName(size) })
try { console.log(await recordStream(c, { ...size, events: 20000, to: '/tmp/rec' }))
console.log(readFileSync(c.files.log('kube-apiserver'), 'utf8').split('\n').filter((l) => /orcing|watch|terminat/i.test(l)).slice(-10).join('\n'))
 } finally { await c.stop() }
