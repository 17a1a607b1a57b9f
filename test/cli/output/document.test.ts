import { expect } from 'chai'
import { parse } from 'yaml'
import { formatDocument } from '../../../src/cli/output/document.ts'
import { plainData } from '../../../src/cli/output/plain-data.ts'
import { isPlain } from '../../../src/model/harmless-text.ts'

const hostile = {
  title: '\u001b[2J\u001b]0;owned\u0007 <!channel> <script>',
  lines: ['\u009b31mC1', 'bidi \u202egnp.exe', 'a\u2028b', 'one\ntwo\u009d0;x\u009c', 'ünïcode 🐶'],
  count: 3,
}

describe('documents', () => {
  it('are the data, with nothing raw that a terminal obeys', async () => {
    const [json, yaml] = [await formatDocument(hostile, 'json'), await formatDocument(hostile, 'yaml')]
    expect([isPlain(json), isPlain(yaml)]).to.deep.equal([true, true])
    expect(JSON.parse(json)).to.deep.equal(hostile)
    expect(parse(yaml)).to.deep.equal(hostile)
    expect(yaml).to.include('  - ünïcode 🐶\n')
  })

  it('for people have each text in one line, of a length that can be read', () => {
    expect(plainData(hostile)).to.deep.equal({
      title: ' <!channel> <script>',
      lines: ['�31mC1', 'bidi �gnp.exe', 'a\u2028b', 'one two�0;x�', 'ünïcode 🐶'],
      count: 3,
    })
    expect(plainData(['x'.repeat(10_000_000)])[0]).to.equal(`${'x'.repeat(2_000)}… (9998000 more characters)`)
  })
})
