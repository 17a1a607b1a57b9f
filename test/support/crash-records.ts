/** Crashes as the history has them, for tests. */
import type { CrashRecord } from '../../src/model/crash.ts'

export const firstCrashMs = Date.UTC(2026, 0, 10)

/** Undefined takes away what a crash usually has. */
type Changes = { readonly [Name in keyof CrashRecord]?: CrashRecord[Name] | undefined }

export function aCrash(changes: Changes = {}): CrashRecord {
  return withoutAbsent({
    id: 'aaaa0000',
    atMs: firstCrashMs,
    seenMs: firstCrashMs + 250,
    namespace: 'shop',
    workload: { kind: 'Deployment', namespace: 'shop', name: 'api' },
    pod: { name: 'api-7d9f-x2x', uid: '0b6ab8fa-63c5-4b12-8a4f-0d8f3a1f0001' },
    container: { name: 'app', role: 'app', image: 'registry.example/api:1.4' },
    node: 'node-1',
    reason: 'Error',
    cause: 'ended with exit code 1: a failure that only the application knows',
    exitCode: 1,
    restartCount: 3,
    crashes: 1,
    facts: [],
    missing: [],
    ...changes,
  })
}

function withoutAbsent(record: Changes): CrashRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as unknown as CrashRecord
}

/** A crash with everything there can be, and with characters that some program once stumbled over. */
export function aFullCrash(changes: Changes = {}): CrashRecord {
  return aCrash({
    cluster: 'blue',
    container: {
      ...{ name: 'app', role: 'sidecar', image: 'registry.example/api@sha256:0123' },
      containerId: 'containerd://0123456789abcdef',
    },
    signal: 11,
    startedMs: firstCrashMs - 60_000,
    finishedMs: firstCrashMs,
    crashes: 2,
    message: 'Grüße 🐶 "quoted" \'single\' \\ back % _ \u0001',
    facts: ['Node node-1: MemoryPressure', 'the image changed 3 min ago'],
    missing: ['Events: forbidden'],
    log: { text: 'first line\nÄrger mit 🐶 <!channel> </script>\n\ttabbed\r\nlast\u0000line', isCut: true },
    ...changes,
  })
}

export function logOf(text: string, isCut = false): NonNullable<CrashRecord['log']> {
  return { text, isCut }
}

/** Number n of many, one second after the other; ids in the same order. */
export function numberedCrash(n: number, changes: Changes = {}): CrashRecord {
  return aCrash({ id: `crash${String(n).padStart(6, '0')}`, atMs: firstCrashMs + n * 1_000, ...changes })
}
