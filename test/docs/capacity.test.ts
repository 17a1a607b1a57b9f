/** docs/capacity.md names every reason that a policy or a receiver can give. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { capacityMeasures, capacityScopes } from '../../src/api/capacity-rule.ts'
import { eventReasons } from '../../src/notify/own-console.ts'
import { closeReasons } from '../../src/watchers/capacity/finding.ts'
import { unknownReasons } from '../../src/watchers/capacity/measurement.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/capacity.md'), 'utf8')

function missingInPage(words: readonly string[]): readonly string[] {
  return words.filter((word) => !page.includes(`\`${word}\``))
}

/** What a file gives as reason, in an object or to the function that says no. */
function reasonsIn(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  const given = /(?:\breason: |\breason: [^'\n]*\? |\bno\()'([A-Z][A-Za-z]+)'(?: : '([A-Z][A-Za-z]+)')?/g
  return [...text.matchAll(given)].flatMap(([, one, other]) => [one, other]).filter((reason) => reason !== undefined)
}

describe('docs/capacity.md', () => {
  it('names every scope and measure', () => {
    expect(missingInPage([...capacityScopes, ...capacityMeasures])).to.deep.equal([])
  })

  it('names every reason why a warning is closed and why a number is Unknown', () => {
    expect(missingInPage([...Object.keys(closeReasons), ...Object.keys(unknownReasons)])).to.deep.equal([])
  })

  it('and docs/receivers.md name every reason of a condition', () => {
    const folder = join(root, 'src/reconcilers')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const reasons = files.flatMap((name) => reasonsIn(join(folder, name)))
    expect(reasons).to.include.members(['OutOfScope', 'Watching', 'Suspended', 'InvalidSpec'])
    const receivers = readFileSync(join(root, 'docs/receivers.md'), 'utf8')
    expect(missingInPage(reasons).filter((reason) => !receivers.includes(`\`${reason}\``))).to.deep.equal([])
  })

  it('names the Event of every alert without receivers', () => {
    expect(missingInPage(Object.values(eventReasons))).to.deep.equal([])
  })
})
