/** The crashes of the past, with their logs: kept, found, counted. One contract, several engines. */
import type { CrashReason, CrashRecord } from '../model/crash.ts'

/** A crash without its log: what lists show. */
export type CrashSummary = Omit<CrashRecord, 'log'> & {
  readonly hasLog: boolean
  /** Around the first of what was searched for that the log has, at most 200 characters; absent where it has none. */
  readonly snippet?: string
}

/** Times are when it happened; `fromMs` is inclusive, `toMs` is not. */
export interface CrashFilter {
  readonly fromMs?: number
  readonly toMs?: number
  /** Any of these; absent: all. Empty: none, so nothing is found. */
  readonly namespaces?: readonly string[]
  /** Names are compared exactly, the kind without case. */
  readonly workload?: { readonly kind?: string; readonly name: string }
  readonly pod?: string
  readonly container?: string
  readonly node?: string
  readonly reasons?: readonly CrashReason[]
  /**
   * Whole words that all must be in the log, the message or the cause, in any order and case; `"several words"` stand together in
   * one of them. Characters that are neither letters nor digits separate words, and none is an operator (crash-search.ts). A text
   * without a word is in no crash.
   */
  readonly text?: string
}

/** A place in the history, which runs from newer to older. */
export interface CrashPosition {
  readonly atMs: number
  readonly id: string
}

export interface CrashQuery extends CrashFilter {
  readonly limit: number
  readonly after?: CrashPosition
}

export const crashTopKeys = ['workload', 'namespace', 'reason', 'node', 'image'] as const
export type CrashTopKey = (typeof crashTopKeys)[number]

export interface CrashTopRow {
  /** Of the key: a namespace; for a workload `namespace/kind/name`. */
  readonly value: string
  /** Records' `crashes` added up. */
  readonly crashes: number
  readonly firstMs: number
  readonly lastMs: number
}

export interface CrashRetention {
  /** What happened longer ago goes. */
  readonly maxAgeMs: number
  /** The oldest go until no more than this is used, as well as the engine can tell. */
  readonly maxBytes: number
}

/** Up to which restart another program, whose tables are kept beside, told of a container. */
export interface ToldRestarts {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly restartCount: number
}

/** A record that the engine will never take, and why. */
export interface RefusedCrash {
  readonly id: string
  readonly why: string
}

/**
 * Guarantees: when `write` resolves, all of it that it does not name as refused (crash-checks.ts) is durable; a record whose id is
 * known already is not kept twice, and may or may not replace the one that is there. What was written can be found within seconds. A store that failed is opened again by the next call. Errors: STORE_UNAVAILABLE (retry): nobody knows what of it
 * was written, and writing it again does no harm. STORE_NEWER. No error shows a password, a key or a log.
 */
export interface CrashHistory {
  write(records: readonly CrashRecord[]): Promise<readonly RefusedCrash[]>
  /** Newest first, by when it happened, then by id downwards. */
  find(query: CrashQuery): Promise<readonly CrashSummary[]>
  /** Also by the beginning of an id, where no other has it. Undefined for anything else. */
  get(id: string): Promise<CrashRecord | undefined>
  /** Most crashes first, then by value. Records that have no such thing, such as no node, are in no row. */
  top(by: CrashTopKey, filter: CrashFilter, limit: number): Promise<readonly CrashTopRow[]>
  /** Namespaces that have crashes in the history, sorted. */
  namespaces(): Promise<readonly string[]>
  /** Gives how many records went. */
  prune(retention: CrashRetention, nowMs: number): Promise<number>
  /** Of an engine that keeps the tables of another program. */
  toldRestarts?(): Promise<readonly ToldRestarts[]>
  close(): Promise<void>
}
