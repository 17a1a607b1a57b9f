import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'

/** Memory, CPU and event loop of the process, and what version it is. */
export function createProcessMetrics(registry: Registry, version: string): void {
  collectDefaultMetrics({ register: registry })
  const build = new Gauge({
    name: 'dogwatch_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  })
  build.set({ version, node: process.versions.node }, 1)
}
