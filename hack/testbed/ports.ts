/**
 * Ports without races: every cluster of this machine has a numbered slot, and a slot owns a block of ports.
 *
 * The blocks lie below the range from which the kernel takes outgoing ports, so that nobody takes a part's port in the
 * moment in which a test restarts it. A block that a stranger listens in is passed over; one taken after that check
 * makes the part's start fail, and the cluster starts again on another slot.
 */
import { createServer } from 'node:net'

const firstPort = 20_000
const portNames = [
  'api',
  'etcdClient',
  'etcdPeer',
  'controllerManager',
  'scheduler',
  'kwok',
  'metricsServer',
  'kubelet',
  'kubeProxyHealth',
  'kubeProxyMetrics',
] as const
const blockSize = 16

export const slotCount = 700

export type Ports = Readonly<Record<(typeof portNames)[number], number>>

export function portsOfSlot(slot: number): Ports {
  const base = firstPort + slot * blockSize
  return Object.fromEntries(portNames.map((name, index) => [name, base + index])) as unknown as Ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

export async function arePortsFree(ports: Ports): Promise<boolean> {
  for (const port of Object.values(ports)) if (!(await isFree(port))) return false
  return true
}
