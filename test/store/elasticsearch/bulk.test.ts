import { expect } from 'chai'
import { portionsOf, refusedOf } from '../../../src/store/elasticsearch/bulk.ts'
import { documentOf, recordOf, summaryOf } from '../../../src/store/elasticsearch/crash-document.ts'
import { aCrash, aFullCrash, logOf, numberedCrash } from '../../support/crash-records.ts'

function answered(...items: readonly (readonly [status: number, type?: string, reason?: string])[]) {
  const results = items.map(([status, type, reason], number) => {
    return {
      create: { _index: 'i', _id: `id${number}`, status, ...(type === undefined ? {} : { error: { type, reason } }) },
    }
  })
  return { took: 1, errors: true, items: results } as unknown as Parameters<typeof refusedOf>[0]
}

describe('a crash as a document', () => {
  it('is the same crash again', () => {
    for (const crash of [aFullCrash(), aCrash(), aCrash({ pod: undefined, container: undefined, log: logOf('') })]) {
      const document = JSON.parse(JSON.stringify(documentOf(crash, 'east')))
      const { log, ...rest } = crash
      expect(recordOf(document)).to.deep.equal(crash)
      expect(summaryOf(document)).to.deep.equal({ ...rest, hasLog: log !== undefined })
    }
  })
})

describe('a bulk write', () => {
  it('goes in portions of 500, or of four megabytes, in order', () => {
    const sizes = (count: number, chars: number) => [
      ...portionsOf(
        Array.from({ length: count }, (_, n) => numberedCrash(n, { log: logOf('x '.repeat(chars / 2)) })),
        { prefix: 'c-', cluster: '' },
      ),
    ]
    expect(sizes(1_001, 10).map(({ length }) => length)).to.deep.equal([500, 500, 1])
    // A log goes twice: as it is, and as the words that are searched.
    expect(sizes(3, 1_200_000).map(({ length }) => length)).to.deep.equal([1, 1, 1])
    expect(sizes(3, 900_000).map(({ length }) => length)).to.deep.equal([2, 1])
    expect(sizes(1, 9_000_000).map(({ length }) => length)).to.deep.equal([1])
    expect(sizes(1_001, 10).flatMap((portion) => portion.map(({ id }) => id))[500]).to.equal('crash000500')
  })

  it('takes what was there already as written', () => {
    expect(refusedOf(answered([201], [409, 'version_conflict_engine_exception', 'there is one']))).to.deep.equal([])
  })

  it('refuses what can never be taken, and says why without what stands in it', () => {
    const reason = "failed to parse field [exit_code] of type [long]. Preview of field's value: 'Bearer abc'"
    const refused = refusedOf(answered([201], [400, 'document_parsing_exception', reason]))
    expect(refused).to.deep.equal([
      { id: 'id1', why: 'document_parsing_exception: failed to parse field [exit_code] of type [long]' },
    ])
  })

  it('refuses a word that no index can hold', () => {
    const reason = 'Document contains at least one immense term in field="logs". The prefix of the first is: [120]'
    expect(refusedOf(answered([400, 'illegal_argument_exception', reason]))).to.deep.equal([
      { id: 'id0', why: 'illegal_argument_exception: Document contains at least one immense term in field="logs"' },
    ])
  })

  it('is tried again as a whole where any of it may be taken later', () => {
    for (const status of [403, 404, 429, 500, 503]) {
      const answer = answered([400, 'document_parsing_exception', 'b'], [status, 'busy_exception', 'not now'])
      expect(() => refusedOf(answer), `${status}`).to.throw('busy_exception: not now')
    }
  })

  it('waits for an index that takes none of its documents, as that is of no document', () => {
    const full = 'Validation Failed: 1: this action would add [2] shards'
    const other = { create: { _index: 'other', _id: 'id9', status: 201 } }
    const answer = answered([400, 'validation_exception', full], [400, 'validation_exception', full])
    const withOther = { ...answer, items: [...answer.items, other] } as unknown as typeof answer
    for (const said of [answer, withOther]) expect(() => refusedOf(said)).to.throw(full)
    const wrong = answered([400, 'document_parsing_exception', 'b'], [400, 'illegal_argument_exception', 'no room'])
    expect(() => refusedOf(wrong)).to.throw('no room')
  })

  it('refuses what fails for an unknown reason while its index takes another, even one that was there', () => {
    for (const taken of [201, 409]) {
      const refused = refusedOf(answered([400, 'odd_exception', 'that one'], [taken]))
      expect(refused, `${taken}`).to.deep.equal([{ id: 'id0', why: 'odd_exception: that one' }])
    }
  })
})
