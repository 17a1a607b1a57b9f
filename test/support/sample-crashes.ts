/** Crashes as the history has them, for tests. */
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
