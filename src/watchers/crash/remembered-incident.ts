/**
 * An open incident as one process leaves it to the next: what it is, and what people are told of its last crash. The log is not
 * kept here, and texts are cut, so that thousands of incidents cost a few megabytes.
 */
import type { CrashRecord } from '../../model/crash.ts'
import { isMissing, logPart } from './enrich/missing.ts'
import type { Incident } from './incident.ts'
import { withoutMiddle } from './told-line.ts'

export interface RememberedIncident {
  readonly incident: Incident
  /** Absent where none was seen since the incident began. */
  readonly crash?: LastCrash
}

export interface LastCrash {
  /** Without its log where an earlier process saw it. */
  readonly record: CrashRecord
  /** A log was wanted, and there is none: where it wrote nothing there is nothing to have. */
  readonly lacksLog: boolean
}

export function lastCrashOf(record: CrashRecord): LastCrash {
  return { record, lacksLog: record.log === undefined && isMissing(logPart, record.missing) }
}

/** What `parseIncident` reads. */
export function incidentText({ incident, crash }: RememberedIncident): string {
  return JSON.stringify(crash === undefined ? incident : { ...incident, crash: cutCrash(crash) })
}

const mostMissingCharacters = 500
const mostFactCharacters = 1_200

function cutCrash({ record, lacksLog }: LastCrash): LastCrash {
  const { log: _, cause, message, missing, facts, ...rest } = record
  return {
    lacksLog,
    record: {
      ...{ ...rest, cause: cutText(cause) },
      ...(message === undefined ? {} : { message: cutText(message) }),
      missing: cutLines(missing, mostMissingCharacters),
      facts: cutLines(facts, mostFactCharacters),
    },
  }
}

/** The first of them, the most important ones. */
function cutLines(lines: readonly string[], mostCharacters: number): string[] {
  let left = mostCharacters
  return lines.map(cutText).filter((line) => {
    left -= line.length
    return left >= 0
  })
}

const headLength = 200
const tailLength = 200

function cutText(text: string): string {
  return withoutMiddle(text, headLength, tailLength)
}
