/** docs/crashes.md names every reason of a crash, every reason that a route's conditions can give, and every placeholder. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { channelAnnotation, optOutAnnotation } from '../../src/api/crash-alert-route.ts'
import { crashReasonNames } from '../../src/model/crash.ts'
import { placeholderNames } from '../../src/watchers/crash/dashboard-link.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/crashes.md'), 'utf8')

function missingInPage(words: readonly string[]): string[] {
  return words.filter((word) => !page.includes(`\`${word}\``))
}

/** What a file gives as reason, in an object or to the function that says yes or no. */
function reasonsIn(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8')
  const given = /(?:\breason: |\breason: [^'\n]*\? |\b(?:no|yes)\()'([A-Z][A-Za-z]+)'(?: : '([A-Z][A-Za-z]+)')?/g
  return [...text.matchAll(given)].flatMap(([, one, other]) => [one, other]).filter((reason) => reason !== undefined)
}

describe('docs/crashes.md', () => {
  it('names every reason of a crash', () => expect(missingInPage(crashReasonNames)).to.deep.equal([]))

  it('names every reason of a condition', () => {
    const folder = 'src/reconcilers'
    const files = [`${folder}/crash-alert-route/reconciler.ts`, `${folder}/crash-alert-route/status.ts`]
    const reasons = [...files, `${folder}/policy-conditions.ts`].flatMap(reasonsIn)
    expect(reasons).to.include.members(['OutOfScope', 'InvalidSpec', 'Watching', 'LogsMissing', 'Syncing'])
    expect(missingInPage(reasons)).to.deep.equal([])
  })

  it('names every placeholder and annotation', () => {
    expect(missingInPage(placeholderNames.map((name) => `{{${name}}}`))).to.deep.equal([])
    expect(missingInPage([channelAnnotation, optOutAnnotation])).to.deep.equal([])
  })
})
