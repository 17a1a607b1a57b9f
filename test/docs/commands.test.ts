/** Every command in the documents is run by somebody; the samples in them are ones that the API server would take. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { kinds } from '../../src/api/kinds.ts'
import { parseManifest } from '../../src/api/manifest.ts'
import { commandRunners, documentRunners, runnerOf } from '../support/documented-commands.ts'
import { commandBlocks, documents, type FencedBlock, fencedBlocks } from '../support/documents.ts'

const root = join(import.meta.dirname, '../..')
const blocks = commandBlocks()
const each = blocks.flatMap(({ document, line, commands }) => commands.map((command) => ({ document, line, command })))

describe('commands in the documents', function () {
  this.timeout(60_000)

  it('are found', () => {
    expect(each.map(({ command }) => command)).to.include.members(['make demo', 'make test'])
  })

  it('are run by somebody', () => {
    const idle = each.filter(({ document, command }) => runnerOf(document, command) === undefined)
    expect(idle.map(({ document, line, command }) => `${document}:${line}: nobody runs: ${command}`)).to.deep.equal([])
  })

  it('are those of the list', () => {
    const written = new Set(each.map(({ command }) => command))
    expect(Object.keys(commandRunners).filter((command) => !written.has(command))).to.deep.equal([])
    expect(Object.keys(documentRunners).filter((document) => !documents().includes(document))).to.deep.equal([])
  })

  it('are really in the file that is said to run them', () => {
    const runners = [...Object.values(commandRunners), ...Object.values(documentRunners)]
    const wrong = runners.filter((runner) => typeof runner === 'object' && !isIn(runner.file, runner.by))
    expect(wrong).to.deep.equal([])
  })

  it('are run by one runner for each block', () => {
    const mixed = blocks.filter(({ document, commands }) => {
      const ways = commands.map((command) => runnerOf(document, command)).filter((runner) => typeof runner === 'string')
      return ways.length > 0 && (ways.length < commands.length || new Set(ways).size > 1)
    })
    expect(mixed.map(({ document, line }) => `${document}:${line}`)).to.deep.equal([])
  })

  for (const { document, line, script, commands } of blocks) {
    if (!commands.some((command) => runnerOf(document, command) === 'here')) continue
    it(`${document}:${line} can be run as it stands`, () => {
      const { status, stderr, stdout } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: root,
        encoding: 'utf8',
      })
      expect(status, `${script}${stdout}${stderr}`).to.equal(0)
    })
  }
})

function isIn(file: string, text: string): boolean {
  const path = join(root, file)
  return existsSync(path) && readFileSync(path, 'utf8').includes(text)
}

describe('samples in the documents', () => {
  const samples = documents()
    .flatMap(fencedBlocks)
    .filter(({ language }) => language === 'yaml')

  it('are found', () => expect(samples).to.have.length.greaterThan(2))

  for (const sample of samples) {
    it(`${sample.document}:${sample.line} is one that works`, () => expect(problemsOf(sample)).to.equal(''))
  }
})

/** A whole object, or a part of a policy's spec. */
function problemsOf({ text }: FencedBlock): string {
  const value = parse(text) as Record<string, unknown>
  if ('kind' in value) {
    parseManifest(value)
    return ''
  }
  const { error } = kinds.CapacityPolicy.spec.safeParse(value)
  return error?.message ?? ''
}
