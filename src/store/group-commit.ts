/**
 * Writes of several callers in one transaction: at once when nothing is being written, else together with all that came
 * meanwhile. So one write alone waits for nobody, and many share one wait for the disk. The order of calls is kept.
 *
 * What follows from one event goes together: a crash's record, its alert and the message about to be sent are written by callers
 * that know nothing of each other, one promise after the other, and the message waits for the disk once.
 */
import { type EpochWrite, fencedError, type Refusal } from './fence.ts'
import { type LogRow, rowOf } from './log-rows.ts'
import type { LogEntry } from './notification-log.ts'

/** Writes all or nothing, but for what the fence refuses. */
export type CommitGroup = (writes: readonly EpochWrite[]) => Promise<readonly Refusal[]>

interface Pending extends EpochWrite {
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** So that a group is never long under way. A single larger write is a group by itself. */
const mostRows = 500
const mostCharacters = 250_000

export class GroupCommit {
  readonly #commit: CommitGroup
  #pending: Pending[] = []
  #isWriting = false

  constructor(commit: CommitGroup) {
    this.#commit = commit
  }

  /** Resolves when it is durable. */
  write(entries: readonly LogEntry[], epoch: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ epoch, rows: entries.map(rowOf), resolve, reject })
      if (!this.#isWriting) void this.#writeAll()
    })
  }

  /** Resolves when all that was given so far is durable; rejects as a write would. */
  flush(epoch: number): Promise<void> {
    return this.write([], epoch)
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true
    // Once all promises that are settled now have had their turn.
    await new Promise(setImmediate)
    while (this.#pending.length > 0) {
      await this.#writeGroup(this.#takeGroup())
    }
    this.#isWriting = false
  }

  #takeGroup(): Pending[] {
    let rows = 0
    let characters = 0
    const end = this.#pending.findIndex((write) => {
      rows += write.rows.length
      characters += write.rows.reduce((sum, row) => sum + lengthOf(row), 0)
      return rows > mostRows || characters > mostCharacters
    })
    return this.#pending.splice(0, end === -1 ? this.#pending.length : Math.max(1, end))
  }

  async #writeGroup(group: readonly Pending[]): Promise<void> {
    try {
      const refusals = await this.#commit(group.map(({ epoch, rows }) => ({ epoch, rows })))
      for (const [index, { epoch, resolve, reject }] of group.entries()) {
        const newest = refusals[index] ?? null
        if (newest === null) resolve()
        else reject(fencedError(epoch, newest))
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}

function lengthOf(row: LogRow): number {
  if (row.table === 'alerts' || row.table === 'deliveries') return row.record.length
  return row.value?.length ?? 0
}
