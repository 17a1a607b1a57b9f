import type { Registry } from 'prom-client'
import type { Route } from '../route.ts'

/** Prometheus text. */
export function createMetricsRoute(registry: Registry): Route {
  return {
    path: '/metrics',
    answer: async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() }),
  }
}
