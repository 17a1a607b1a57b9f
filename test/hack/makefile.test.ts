/** The Makefile, as far as it can be looked at without doing anything. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')

const promised = [
  ...['demo', 'test', 'test-full', 'verify', 'run', 'generate', 'bench', 'image', 'install'],
  ...['testbed-up', 'testbed-down', 'clean', 'help'],
]

function make(...args: readonly string[]): string {
  return execFileSync('make', args, { cwd: root, encoding: 'utf8' })
}

describe('make', () => {
  it('alone says what there is', () => {
    const said = [...make().matchAll(/^ {2}make (\S+) +\S/gm)].map(([, target]) => target)
    expect(said).to.have.members(promised)
  })

  it('verify runs the checks and the unit tests of make test', () => {
    expect(make('--dry-run', 'verify')).to.include('node hack/test/run.ts checks unit')
  })

  it('install puts the bundle where the programs look for it, in whatever folder it is named', () => {
    const recipe = make('--dry-run', 'install', 'PREFIX=some/where')
    expect(recipe).to.include(`--out "${root}/some/where/lib/dogwatch/dogwatch.mjs"`)
    expect(recipe).to.include('hack/install "some/where"')
  })
})
