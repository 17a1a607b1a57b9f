/**
 * The cases of the fault matrix: each says what it expects and finds out what is so; both go into a file where
 * `DOGWATCH_FAULT_RECORDS` names one, from which hack/faults makes docs/reliability.md.
 */
import { appendFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Context } from 'mocha'
import { skipUnless } from '../skip.ts'

export interface FaultCase {
  /** The section of the table. */
  readonly area: string
  readonly fault: string
  readonly channel: string
  readonly promise: string
  /** In words that `record` gives too. */
  readonly expected: string
  /** Runs with `make test-full` only. */
  readonly isLong?: boolean
  /** Why it cannot run here; undefined where it can. */
  readonly missing?: () => string | undefined
  /** What became of it. */
  readonly record: () => Promise<string>
}

export type FaultRecord = Pick<FaultCase, 'area' | 'fault' | 'channel' | 'promise' | 'expected'> & {
  readonly recorded: string
}

export const isFull = process.env.DOGWATCH_TEST === 'full'

export function faultCase(given: FaultCase): void {
  const { area, fault, channel, promise, expected, isLong = false, missing, record } = given
  it(`${channel}: ${fault}: ${expected}`, async function (this: Context) {
    skipUnless(this, isFull || !isLong, 'one of many of its kind: all run with make test-full')
    const what = missing?.()
    const note = (recorded: string) => keep({ area, fault, channel, promise, expected, recorded })
    if (what !== undefined) note(`not run: ${what}`)
    skipUnless(this, what === undefined, what ?? '')
    const recorded = await record().catch((error: Error) => `failed: ${error.message.split('\n')[0]}`)
    note(recorded)
    expect(recorded).to.equal(expected)
  })
}

function keep(record: FaultRecord): void {
  const path = process.env.DOGWATCH_FAULT_RECORDS
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(record)}\n`)
}
