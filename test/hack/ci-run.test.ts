/** .ci/run with a `make` that only pretends: which exit code and which last line come of each outcome. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')

describe('.ci/run', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-ci.'))
    const script = [
      '#!/bin/sh',
      'case $1 in',
      'test) echo "$TEST_SAYS"; exit "$TEST_ENDS" ;;',
      'demo) echo "the demo runs for $DEMO_SECONDS s"; exit "$DEMO_ENDS" ;;',
      'esac',
    ]
    await writeFile(join(folder, 'make'), `${script.join('\n')}\n`, { mode: 0o755 })
  })

  after(() => rm(folder, { recursive: true }))

  function run(testSays: string, ends: { readonly test: number; readonly demo: number }) {
    const env = {
      ...process.env,
      PATH: `${folder}:${process.env.PATH}`,
      TEST_SAYS: testSays,
      TEST_ENDS: String(ends.test),
      DEMO_ENDS: String(ends.demo),
    }
    const { status, stdout } = spawnSync(join(root, '.ci/run'), { env, encoding: 'utf8' })
    return { status, stdout, lastLine: stdout.trimEnd().split('\n').at(-1) }
  }

  const good = '12 passed, 0 failed, 1 skipped'

  it('ends well only when tests and demo do, with the count last', () => {
    const { status, stdout, lastLine } = run(good, { test: 0, demo: 0 })
    expect({ status, lastLine }).to.deep.equal({ status: 0, lastLine: good })
    expect(stdout).to.include('the demo runs for 60 s')
  })

  it('fails when a test fails, and runs the demo all the same', () => {
    const bad = '11 passed, 1 failed, 1 skipped'
    const { status, stdout, lastLine } = run(bad, { test: 2, demo: 0 })
    expect({ status, lastLine }).to.deep.equal({ status: 1, lastLine: bad })
    expect(stdout).to.include('FAILED: make test').and.to.include('the demo runs')
  })

  it('fails when the demo fails', () => {
    const { status, stdout, lastLine } = run(good, { test: 0, demo: 1 })
    expect({ status, lastLine }).to.deep.equal({ status: 1, lastLine: good })
    expect(stdout).to.include('FAILED: DEMO_SECONDS=60 make demo')
  })

  it('counts one failure where the tests did not get as far as a count', () => {
    const { status, lastLine } = run('make: nothing works', { test: 2, demo: 0 })
    expect({ status, lastLine }).to.deep.equal({ status: 1, lastLine: '0 passed, 1 failed, 0 skipped' })
  })
})
