import { expect } from 'chai'
import { changeFacts, lastChange } from '../../../../src/watchers/crash/enrich/change-facts.ts'
import { templateDifference } from '../../../../src/watchers/crash/enrich/template-difference.ts'
import type { Revision, TemplateContainer } from '../../../../src/watchers/crash/enrich/template-object.ts'
import { redactorOf } from '../../../support/redactor.ts'

const crashMs = Date.parse('2026-11-21T16:10:00Z')
const minute = 60_000

const template = (container: Partial<TemplateContainer>, rest: object = {}) => ({
  spec: { containers: [{ name: 'web', image: 'web:1.4', ...container }], ...rest },
})

function revision(number: number, container: Partial<TemplateContainer>, rest: Partial<Revision> = {}): Revision {
  const defaults = { madeMs: crashMs - (10 - number) * minute, isUsedAgain: false, isServing: false }
  return { name: `web-${number}`, number, ...defaults, template: template(container), ...rest }
}

function facts(revisions: readonly Revision[], current: string): string[] {
  const change = lastChange(revisions, current)
  return change === undefined ? [] : changeFacts(change, { crashMs, redactor: redactorOf() })
}

describe('the difference of two templates', () => {
  it('names images, resources and variables, and never the value of one', () => {
    const before = template({
      env: [
        { name: 'LEVEL', value: 'info' },
        { name: 'OLD', value: 'x' },
      ],
      resources: { limits: { memory: '128Mi' }, requests: { memory: '64Mi', cpu: '1' } },
      command: ['a'],
    })
    const after = template({
      image: 'web:1.5',
      env: [
        { name: 'LEVEL', value: 'hunter2' },
        { name: 'NEW', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      ],
      resources: { limits: { memory: '64Mi' }, requests: { memory: '64Mi' } },
      command: ['b', '--password=hunter2'],
      livenessProbe: { httpGet: { port: 1 } },
    })
    expect(templateDifference(before, after)).to.deep.equal([
      'image web:1.4 -> web:1.5',
      'command',
      'memory limit 128Mi -> 64Mi',
      'cpu request 1 -> none',
      'env LEVEL, NEW, OLD',
      'livenessProbe',
    ])
  })

  it('names containers that come and go, other fields of the pod, and annotations', () => {
    const before = { spec: { containers: [{ name: 'a' }, { name: 'b' }], volumes: [] } }
    const after = {
      metadata: { annotations: { 'checksum/config': 'x' } },
      spec: { containers: [{ name: 'a', image: 'x' }], initContainers: [{ name: 'c' }], volumes: [{ name: 'v' }] },
    }
    expect(templateDifference(before, after)).to.deep.equal([
      'a: image none -> x',
      'container c is new',
      'container b is no more',
      'volumes',
      'annotation checksum/config',
    ])
  })

  it('is none of what is the same', () => {
    expect(templateDifference(template({}), template({}))).to.deep.equal([])
  })
})

describe('what changed', () => {
  it('is told with its age', () => {
    expect(facts([revision(1, {}), revision(2, { image: 'web:1.5' })], 'web-2')).to.deep.equal([
      'Changed 8 minutes before (revision 1 -> 2): image web:1.4 -> web:1.5.',
    ])
  })

  it('is compared with the newest revision that still serves', () => {
    const revisions = [
      revision(1, { image: 'web:1.3' }, { isServing: true }),
      revision(2, { image: 'web:1.4' }),
      revision(3, { image: 'web:1.5' }),
    ]
    expect(facts(revisions, 'web-3')).to.deep.equal([
      'Changed 7 minutes before (revision 1 -> 3): image web:1.3 -> web:1.5.',
    ])
  })

  it('is not what came after the pod that crashed', () => {
    expect(facts([revision(1, {}), revision(2, { image: 'web:1.5' })], 'web-1')).to.deep.equal([
      'Deployed 9 minutes before: there is no earlier revision.',
    ])
  })

  it('has no time where an older revision is used again', () => {
    const revisions = [revision(4, { image: 'web:1.5' }), revision(5, {}, { isUsedAgain: true, madeMs: 1 })]
    expect(facts(revisions, 'web-5')).to.deep.equal(['Changed (revision 4 -> 5): image web:1.5 -> web:1.4.'])
  })

  it('is nothing for a long time', () => {
    const old = { madeMs: crashMs - 40 * 24 * 60 * minute }
    expect(facts([revision(1, {}), revision(2, { image: 'web:1.5' }, old)], 'web-2')).to.deep.equal([
      'Not changed for 40 days.',
    ])
  })

  it('is a line that is not too long', () => {
    const env = Array.from({ length: 500 }, (_, index) => ({ name: `VARIABLE_${index}`, value: 'x' }))
    const [fact = ''] = facts([revision(1, { image: 'x'.repeat(2_000) }), revision(2, { env })], 'web-2')
    expect(fact.length).to.be.below(620)
  })

  it('has no part of a secret where it is cut', () => {
    const before = { image: `registry.test/${'a'.repeat(480)}` }
    const image = `https://me:${'Zq7'.repeat(40)}@registry.test/web:2`
    const [fact] = facts([revision(1, before), revision(2, { image })], 'web-2')
    expect(fact).to.match(/\[redacted\]/)
    expect(fact).to.not.match(/Zq7/)
  })
})
