/** The helpers that would hide a defect if they saw nothing. */
import { expect } from 'chai'
import type { AuditEvent } from '../../hack/testbed/audit.ts'
import { scriptsByHeading } from './documents.ts'
import { accessOf, grantsOf, refusals } from './role-use.ts'

describe('support', () => {
  it('finds the commands of a document by section', () => {
    const text = [
      '# A',
      '```sh',
      'one',
      '# no heading',
      '```',
      'text',
      '```yaml',
      'x',
      '```',
      '## B',
      '```sh',
      'two',
      '```',
    ]
    const blocks = scriptsByHeading([...text, '```sh', 'three', '```'].join('\n'))
    expect([...blocks]).to.deep.equal([
      ['A', ['one\n# no heading\n']],
      ['B', ['two\n', 'three\n']],
    ])
  })

  it('names rights of roles and requests alike, and sees what was refused', () => {
    const rules = [
      { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
      { apiGroups: ['dogwatch.dev'], resources: ['capacitypolicies/status'], verbs: ['patch'] },
    ]
    const event = (verb: string, code: number, objectRef?: AuditEvent['objectRef']) =>
      ({ verb, requestURI: '/x', responseStatus: { code }, ...(objectRef && { objectRef }) }) as AuditEvent
    const events = [
      event('watch', 200, { resource: 'pods' }),
      event('patch', 403, { resource: 'capacitypolicies', subresource: 'status', apiGroup: 'dogwatch.dev' }),
      event('get', 401),
    ]
    expect(grantsOf([{ rules }])).to.deep.equal([
      'list pods',
      'watch pods',
      'patch capacitypolicies/status.dogwatch.dev',
    ])
    expect(events.map(accessOf)).to.deep.equal(['watch pods', 'patch capacitypolicies/status.dogwatch.dev', undefined])
    expect(refusals(events)).to.deep.equal(['403 patch /x', '401 get /x'])
  })
})
