/** A crash as the API shows it. Texts have a length that a page of them can have. */
import type { CrashView } from '../api/http/crash-views.ts'
import type { CrashRecord } from '../model/crash.ts'
import { shortened } from '../model/harmless-text.ts'
import type { CrashSummary } from '../store/crash-history.ts'
import { timeOf } from './alert-view.ts'

/** A line of words; a last word is 4 KiB at most where Kubernetes keeps it. */
const mostCharacters = 8_192

export function viewOfSummary(crash: CrashSummary): CrashView {
  const { id, namespace, reason, restartCount, crashes, hasLog, pod, container } = crash
  const { cluster, node, exitCode, signal, message, snippet, workload } = crash
  return withoutAbsent({
    ...{ id, namespace, reason, restartCount, crashes, hasLog, cluster, node, exitCode, signal },
    ...{ at: timeOf(crash.atMs), seenAt: timeOf(crash.seenMs) },
    ...{ startedAt: optionalTime(crash.startedMs), finishedAt: optionalTime(crash.finishedMs) },
    workload: { kind: workload.kind, name: workload.name },
    pod: pod && { name: pod.name, uid: pod.uid },
    container: container && withoutAbsent({ ...container }),
    cause: shortened(crash.cause, mostCharacters),
    message: message === undefined ? undefined : shortened(message, mostCharacters),
    facts: crash.facts.map((fact) => shortened(fact, mostCharacters)),
    missing: crash.missing.map((line) => shortened(line, mostCharacters)),
    snippet,
  })
}

export function viewOfCrash({ log, ...crash }: CrashRecord): CrashView {
  return viewOfSummary({ ...crash, hasLog: log !== undefined })
}

function optionalTime(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : timeOf(atMs)
}

/** zod leaves members that are undefined standing; an answer has none. */
function withoutAbsent<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
