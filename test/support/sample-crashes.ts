/** Crashes that people look at, for tests. */
import type { CrashRecord } from '../../src/model/crash.ts'

/** A crash of container `api` of Deployment `api`; what depends on the rest follows it. */
export function sampleCrash(id: string, changes: Partial<CrashRecord> = {}): CrashRecord {
  const { namespace = 'team-a', atMs = Date.parse('2026-12-01T12:38:00Z') } = changes
  return {
    ...{ id, atMs, seenMs: atMs + 400, namespace },
    workload: { kind: 'Deployment', namespace, name: 'api' },
    pod: { name: 'api-7c9d5-x2x4z', uid: `uid-of-${id}` },
    container: { name: 'api', role: 'app', image: 'registry.example/api:1.4.2' },
    ...{ node: 'worker-a1', reason: 'Error', cause: 'ended with exit code 1', exitCode: 1 },
    ...{ startedMs: atMs - 840_000, finishedMs: atMs, restartCount: 3, crashes: 1, facts: [], missing: [] },
    log: { text: 'starting\nconnection refused\n', isCut: false },
    ...changes,
  }
}

const at = (time: string) => {
  const atMs = Date.parse(time)
  return { atMs, seenMs: atMs + 400, startedMs: atMs - 840_000, finishedMs: atMs }
}

const traceback = [
  ...['starting api 1.4.2', 'listening on :8080'],
  ...Array.from({ length: 30 }, (_, i) => `12:37:${i + 10} GET /carts/${i} 200 ${i * 3} ms`),
  'Traceback (most recent call last):',
  '  File "/app/api/cart.py", line 212, in checkout',
  '    self.ledger.post(entry)',
  'psycopg2.OperationalError: could not connect to server: Connection refused',
  '\tIs the server running on host "ledger-db" (10.96.14.7) and accepting TCP/IP connections on port 5432?',
  '',
].join('\n')

const api = { kind: 'Deployment', namespace: 'payments', name: 'api' }

/** Of a morning: out of memory, an exception, an image that is not there, a Job that gave up, and what no name is this long. */
export const sampleCrashes = (): CrashRecord[] => [
  sampleCrash('3f9c1a7700d1', {
    ...at('2026-12-01T12:38:00Z'),
    ...{
      namespace: 'payments',
      workload: api,
      reason: 'OOMKilled',
      exitCode: 137,
      signal: 9,
      crashes: 2,
      restartCount: 7,
    },
    cause: 'killed by the kernel for want of memory (exit code 137): it reached its limit of 512Mi',
    pod: { name: 'api-7c9d5b6f4-x2x4z', uid: 'b2f1' },
    facts: [
      'the image changed 34m before: registry.example/payments/api:1.4.1 to 1.4.2',
      'memory: limit 512Mi, request 256Mi; node worker-a1 has no MemoryPressure',
      'Events: Killing 2, BackOff 5, Unhealthy 12 (Readiness probe failed: Get "http://10.1.4.7:8080/ready": context deadline exceeded)',
    ],
    missing: ['kernel log: the node does not serve it'],
    log: { text: traceback, isCut: true },
    cluster: 'eu-west',
  }),
  sampleCrash('a1b2c3d4e5f6', {
    ...at('2026-12-01T12:05:30Z'),
    ...{
      namespace: 'payments',
      workload: api,
      cause: 'ended with exit code 1: a failure that only the application knows',
    },
    message: 'psycopg2.OperationalError: connection to ledger-db refused',
    log: { text: 'starting\npsycopg2.OperationalError: Connection refused by ledger-db, giving up\n', isCut: false },
  }),
  withoutMembers(['log', 'startedMs', 'finishedMs', 'exitCode'], {
    ...sampleCrash('77aa55cc99ee', at('2026-12-01T09:12:00Z')),
    ...{
      namespace: 'web',
      workload: { kind: 'StatefulSet', name: 'shop-frontend-with-a-name-that-is-long-enough-to-be-cut' },
    },
    ...{
      reason: 'ImagePull',
      restartCount: 0,
      pod: { name: 'shop-0', uid: 'c3' },
      container: { name: 'nginx', role: 'sidecar' },
    },
    cause: 'its image cannot be had: registry.example/web/nginx:1.99 is not there (manifest unknown)',
    missing: ['log: it never started'],
  }),
  withoutMembers(['log', 'pod', 'container', 'node', 'startedMs', 'finishedMs', 'exitCode'], {
    ...sampleCrash('0b1c2d3e4f5a', at('2026-11-24T03:00:00Z')),
    ...{ namespace: 'batch', workload: { kind: 'Job', name: 'nightly-report' }, reason: 'JobFailed', restartCount: 0 },
    cause: 'the Job gave up: BackoffLimitExceeded after 6 tries',
  }),
]

function withoutMembers(names: readonly (keyof CrashRecord)[], crash: CrashRecord): CrashRecord {
  const entries = Object.entries(crash).filter(([name]) => !names.includes(name as keyof CrashRecord))
  return Object.fromEntries(entries) as unknown as CrashRecord
}
