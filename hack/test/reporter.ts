/** Mocha's own spec output, and the counts with the reason of every skip as JSON into $DOGWATCH_TEST_RESULTS. */
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'
import { skipReasonOf } from '../../test/support/skip.ts'

export interface SuiteResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly { readonly title: string; readonly reason: string }[]
}

// biome-ignore lint/style/noDefaultExport: mocha takes a reporter as the default export
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: { title: string; reason: string }[] = []
    runner.on('pending', (test) => skipped.push({ title: test.fullTitle(), reason: skipReasonOf(test) }))
    runner.once('end', () => {
      const path = process.env.DOGWATCH_TEST_RESULTS
      const { passes, failures } = this.stats
      if (path !== undefined) writeFileSync(path, JSON.stringify({ passed: passes, failed: failures, skipped }))
    })
  }
}
