/** Mocha's own spec output, and the counts, every skip's reason and every failure as JSON into $DOGWATCH_TEST_RESULTS. */
import { writeFileSync } from 'node:fs'
import Mocha from 'mocha'
import { skipReasonOf } from '../../test/support/skip.ts'
import type { Failure, Skip, SuiteResult } from './result.ts'

// biome-ignore lint/style/noDefaultExport: mocha takes a reporter as the default export
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options)
    const skipped: Skip[] = []
    const failures: Failure[] = []
    runner.on('pending', (test) => skipped.push({ title: test.fullTitle(), reason: skipReasonOf(test) }))
    runner.on('fail', (test, error) => failures.push({ title: test.fullTitle(), text: failureText(error) }))
    runner.once('end', () => {
      const path = process.env.DOGWATCH_TEST_RESULTS
      const result: SuiteResult = { passed: this.stats.passes, failed: this.stats.failures, skipped, failures }
      if (path !== undefined) writeFileSync(path, JSON.stringify(result))
    })
  }
}

/** By the time this sees it, mocha has made texts of both values where it shows their difference. */
interface TestError {
  readonly message?: string
  readonly stack?: string
  readonly actual?: unknown
  readonly expected?: unknown
  readonly cause?: unknown
}

/** The message comes before the place: the first lines are those that are printed. */
function failureText(error: TestError): string {
  const { message = String(error), stack = '', actual, expected, cause } = error
  const isComparison = typeof actual === 'string' && typeof expected === 'string'
  const difference = isComparison ? Mocha.reporters.Base.generateDiff(actual, expected).split('\n') : []
  const places = stack.split('\n').filter((line) => /^ +at (?!.*(node:internal|node_modules))/.test(line))
  const reason = cause instanceof Error ? `caused by: ${cause.message}` : ''
  const changes = difference.filter((line) => /^ *[-+]/.test(line))
  return [message, reason, ...places.slice(0, 2), ...changes].filter((part) => part !== '').join('\n')
}
