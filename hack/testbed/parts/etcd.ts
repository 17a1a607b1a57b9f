import { etcd as artifact } from '../artifacts/etcd.ts'
import type { Part } from '../part.ts'

const quotaBytes = 8 * 1024 ** 3

export const etcd: Part = {
  name: 'etcd',
  binary: 'etcd',
  artifact,
  isWanted: () => true,
  isFirst: true,
  args: ({ files, ports }) => {
    const client = `http://127.0.0.1:${ports.etcdClient}`
    const peer = `http://127.0.0.1:${ports.etcdPeer}`
    return [
      ['--name', 'testbed'],
      ['--data-dir', files.etcdData],
      ['--listen-client-urls', client],
      ['--advertise-client-urls', client],
      ['--listen-peer-urls', peer],
      ['--initial-advertise-peer-urls', peer],
      ['--initial-cluster', `testbed=${peer}`],
      ['--quota-backend-bytes', String(quotaBytes)],
      ['--unsafe-no-fsync'],
    ].flat()
  },
  isReady: async ({ ports, get }) => (await get(`http://127.0.0.1:${ports.etcdClient}/readyz`)).status === 200,
}
