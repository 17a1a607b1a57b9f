/** How `make test` tells what it saw: the last lines of its log are all that some people get. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { reportLines } from '../../hack/test/report.ts'
import type { JobResult, SuiteResult } from '../../hack/test/result.ts'

const root = join(import.meta.dirname, '../..')
const good: JobResult = { name: 'a.test.ts', passed: 3, failed: 0, skipped: [], failures: [] }
const bad: JobResult = {
  ...good,
  name: 'b.test.ts',
  failed: 1,
  failures: [{ title: 'a thing works', text: 'no\nwhy' }],
}

describe('the end of a test run', () => {
  it('is the count', () => {
    expect(reportLines([good, bad]).at(-1)).to.equal('6 passed, 1 failed, 0 skipped')
  })

  it('names the skipped tests in one line for each reason', () => {
    const skips = ['x does this', 'x does that'].map((title) => ({ title, reason: 'no node' }))
    const skipped = [...skips, { title: 'y', reason: 'no root' }]
    expect(reportLines([{ ...good, skipped }])).to.deep.equal([
      'skipped: a.test.ts: no node: 2 tests: x does: this; that',
      'skipped: a.test.ts: no root: y',
      '3 passed, 0 failed, 3 skipped',
    ])
  })

  it('tells failures after what was skipped', () => {
    const skipped = [{ title: 'y', reason: 'no root' }]
    expect(reportLines([bad, { ...good, skipped }])).to.deep.equal([
      'skipped: a.test.ts: no root: y',
      ...['', '== what failed in b.test.ts', '', '* a thing works', '  no', '  why'],
      'FAILED: b.test.ts',
      '6 passed, 1 failed, 1 skipped',
    ])
  })

  it('cuts a failure that goes on and on', () => {
    const text = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n')
    const lines = reportLines([{ ...bad, failures: [{ title: 'a thing works', text }] }])
    expect(lines).to.include('  line 14').and.to.include('  ... and 25 lines more where it ran')
    expect(lines).not.to.include('  line 15')
  })
})

describe('the reporter', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-reporter.'))
  })

  after(() => rm(folder, { recursive: true }))

  async function resultOf(test: string): Promise<SuiteResult> {
    const results = join(folder, 'results.json')
    await writeFile(join(folder, 'sample.test.js'), test)
    const args = ['--reporter', join(root, 'hack/test/reporter.ts'), join(folder, 'sample.test.js')]
    const env = { ...process.env, DOGWATCH_TEST_RESULTS: results }
    spawnSync(process.execPath, [join(root, 'node_modules/mocha/bin/mocha.js'), ...args], { cwd: root, env })
    return JSON.parse(await readFile(results, 'utf8'))
  }

  it('keeps what failed, with the suites around it, the reason and the difference', async () => {
    const different =
      "Object.assign(new Error('differs', { cause: new Error('disk') }), { actual: [1], expected: [2] })"
    const { passed, failed, failures } = await resultOf(`
      describe('a', () => {
        it('fails', () => { throw ${different} })
        it('works', () => {})
      })
      describe('b', () => {
        before(() => { throw new Error('no start') })
        it('never runs', () => {})
      })`)
    expect({ passed, failed }).to.deep.equal({ passed: 1, failed: 2 })
    expect(failures.map(({ title }) => title)).to.deep.equal(['a fails', 'b "before all" hook for "never runs"'])
    expect(failures[0]!.text)
      .to.match(/^differs\ncaused by: disk\n +at .*sample\.test\.js/)
      .and.to.match(/- +1\n +\+ +2$/)
    expect(failures[1]!.text).to.match(/^no start\n/)
  })
})
