/** How `make test` tells what it saw: the last lines of its log are all that some people get. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loneFiles, longFiles, nodeFiles, planJobs, stageNames } from '../../hack/test/plan.ts'
import { reportLines } from '../../hack/test/report.ts'
import type { JobResult, SuiteResult } from '../../hack/test/result.ts'
import { lookAgain } from '../../hack/test/second-look.ts'
import { runInTurns } from '../../hack/test/turns.ts'

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

describe('the second look', () => {
  const names = ['test/integration/a.test.ts', 'test/e2e/b.test.ts', 'unit']
  const jobs = names.map((name) => ({ name, command: [] }))
  const resultsOf = (failed: readonly string[]) =>
    names.map((name): JobResult => (failed.includes(name) ? { ...bad, name } : { ...good, name }))

  async function look(failed: readonly string[], failsAgain: readonly string[]) {
    const asked: string[] = []
    const results = await lookAgain(jobs, resultsOf(failed), async ({ name }) => {
      asked.push(name)
      return resultsOf(failsAgain).find((result) => result.name === name)!
    })
    return { asked, results }
  }

  it('counts what passes by itself, and tells what failed at first', async () => {
    const { asked, results } = await look([names[0]!], [])
    expect(asked).to.deep.equal([names[0]])
    expect(reportLines(results)).to.deep.equal([
      '',
      '== UNSTABLE: test/integration/a.test.ts failed beside another file, and not by itself',
      ...['', '* a thing works', '  no', '  why'],
      '9 passed, 0 failed, 0 skipped',
    ])
  })

  it('leaves failed what fails again', async () => {
    const { results } = await look([names[0]!, names[1]!], [names[1]!])
    expect(results.map(({ failed }) => failed)).to.deep.equal([0, 1, 0])
    expect(reportLines(results)).to.include('FAILED: test/e2e/b.test.ts')
  })

  it('is not for unit tests, nor where nothing failed', async () => {
    expect((await look([names[0]!, 'unit'], [])).asked).to.deep.equal([])
    expect((await look([], [])).asked).to.deep.equal([])
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

describe('the turns of a test run', () => {
  interface Item {
    readonly name: string
    readonly needs?: 'node' | 'machine'
  }

  /** What ran when each began, itself included, and the results. */
  async function run(items: readonly Item[], width = 2): Promise<{ seen: string[]; results: string[] }> {
    const running = new Set<string>()
    const seen: string[] = []
    const results = await runInTurns(items, width, async ({ name }) => {
      running.add(name)
      seen.push([...running].join(' '))
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      running.delete(name)
      return `${name} ran`
    })
    return { seen, results }
  }

  const plain: readonly Item[] = ['a', 'b', 'c'].map((name) => ({ name }))

  it('are as many at a time as there may be, with the results in order', async () => {
    const { seen, results } = await run(plain)
    expect(Math.max(...seen.map((names) => names.split(' ').length))).to.equal(2)
    expect(results).to.deep.equal(['a ran', 'b ran', 'c ran'])
    expect((await run(plain, 1)).seen).to.deep.equal(['a', 'b', 'c'])
  })

  it('give the one node to one at a time', async () => {
    const withNode = ['n1', 'n2'].map((name) => ({ name, needs: 'node' as const }))
    const { seen, results } = await run([...withNode, ...plain])
    expect(results).to.have.length(5)
    expect(seen.filter((names) => names.includes('n1') && names.includes('n2'))).to.deep.equal([])
    expect(seen[1]).to.equal('n1 a')
  })

  it('leave alone whoever needs the machine', async () => {
    const { seen } = await run([{ name: 'lone', needs: 'machine' }, ...plain])
    expect(seen.at(-1)).to.equal('lone')
  })

  it('fail with the first error', async () => {
    const error = await runInTurns(plain, 2, () => Promise.reject(new Error('no'))).catch((thrown: Error) => thrown)
    expect(error).to.have.property('message', 'no')
  })
})

describe('the plan of a test run', () => {
  it('names files that exist', async () => {
    const names = (await planJobs(['integration', 'e2e'])).map(({ name }) => name)
    expect(names).to.include.members([...nodeFiles, ...loneFiles, ...longFiles])
  })

  it('gives the node to every file of the end-to-end tests, and lets long ones begin early', async () => {
    const jobs = await planJobs(stageNames)
    const e2e = jobs.filter(({ name }) => name.startsWith('test/e2e/'))
    expect(e2e.map(({ needs }) => needs)).to.deep.equal(e2e.map(() => 'node'))
    expect(jobs.map(({ name }) => name).filter((name) => longFiles.includes(name))).to.deep.equal(longFiles)
  })
})
