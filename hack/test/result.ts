/** What the reporter leaves of one mocha process, as JSON. */
export interface SuiteResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly Skip[]
  readonly failures: readonly Failure[]
}

export interface Skip {
  readonly title: string
  readonly reason: string
}

export interface Failure {
  /** With the titles of the suites around it. */
  readonly title: string
  /** Message, difference and place, in lines. */
  readonly text: string
}

export interface JobResult extends SuiteResult {
  readonly name: string
  /** What failed beside another file and not when it ran by itself. */
  readonly unstable?: readonly Failure[]
}
