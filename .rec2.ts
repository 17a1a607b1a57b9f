import { startCluster } from './hack/testbed/cluster.ts'
import { bigClusterName } from './bench/cluster/big-cluster.ts'
import { BulkClient } from './bench/cluster/bulk-client.ts'
import { openPodWatch, EventCounter } from './bench/stream/watch-tap.ts'
import { churn } from './bench/stream/churn.ts'
const size = { nodes: 1000, pods: 10000 }
const c = await startCluster({ snapshot: bigClusterName(size), apiServerFlags: ['--v=4'] })
try {
  const body = await openPodWatch(c, { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' })
  const k = new EventCounter(true)
  body.on('data', (d) => k.push(d))
  for (const e of ['end', 'close', 'aborted', 'error']) body.on(e, (x: any) => console.log(e, x?.message, performance.now()))
  while (k.isInitial) await new Promise((r) => setTimeout(r, 50))
  console.log('synced', performance.now())
  const client = new BulkClient(c)
  let sent = 0
  const send = client.send.bind(client)
  client.send = async (r) => { await send(r); sent++ }
  const ac = new AbortController()
  const load = churn(client, { ...size, signal: ac.signal }); load.catch((e) => console.log('load failed', e.message))
  for (let i = 0; i < 12; i++) { await new Promise((r) => setTimeout(r, 1000)); console.log(i, 'sent', sent, 'events', k.events) }
  (await import('node:fs')).copyFileSync(c.files.log('kube-apiserver'), '/tmp/ka.log'); ac.abort(); await load.catch(() => {}); await client.close(); body.destroy()
} finally { await c.stop() }
