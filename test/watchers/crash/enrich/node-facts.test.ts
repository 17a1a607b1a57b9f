import { expect } from 'chai'
import { nodeFacts } from '../../../../src/watchers/crash/enrich/node-facts.ts'
import { redactorOf } from '../../../support/redactor.ts'
import { longWithSecret, secretPart } from '../../../support/secret-text.ts'

const crashMs = Date.parse('2026-11-21T16:10:00Z')
const facts = (conditions: readonly object[], spec: object = {}) =>
  nodeFacts('n1', { spec, status: { conditions: conditions as never } }, { crashMs, redactor: redactorOf() })

describe('facts of a node', () => {
  it('are none where it is well', () => {
    expect(
      facts([
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True', lastTransitionTime: '2026-11-20T16:00:00Z' },
      ]),
    ).to.deep.equal([])
  })

  it('are what it is short of, that it is cordoned, and what else somebody watches it for', () => {
    expect(
      facts(
        [
          { type: 'MemoryPressure', status: 'True', lastTransitionTime: '2026-11-21T16:07:00Z' },
          { type: 'ReadonlyFilesystem', status: 'True', message: 'sda is read-only.' },
        ],
        { unschedulable: true },
      ),
    ).to.deep.equal([
      'Node n1 is short of memory (began 3 minutes before).',
      'Node n1 has ReadonlyFilesystem: sda is read-only.',
      'Node n1 is cordoned: it takes no new pods.',
    ])
  })

  it('are that it is not ready, does not answer, or has only just begun to', () => {
    const ready = (status: string, lastTransitionTime: string, message = '') =>
      facts([{ type: 'Ready', status, lastTransitionTime, message }])
    expect(ready('False', '2026-11-21T16:10:05Z', 'PLEG is not healthy')).to.deep.equal([
      'Node n1 is not ready (began 5 seconds after): PLEG is not healthy.',
    ])
    expect(ready('Unknown', '2026-11-21T16:09:00Z')).to.deep.equal(['Node n1 does not answer (began 1 minute before).'])
    expect(ready('True', '2026-11-21T16:08:00Z')).to.deep.equal(['Node n1 became ready only 2 minutes before.'])
  })

  it('have no part of a secret, wherever a long message loses its middle', () => {
    for (const message of longWithSecret) {
      const all = facts([
        { type: 'Ready', status: 'False', message },
        { type: 'Strange', status: 'True', message },
      ])
      expect(all).to.have.length(2)
      for (const fact of all) {
        expect(fact).to.match(/\[redacted\]/)
        expect(fact).to.not.match(secretPart)
      }
    }
  })
})
