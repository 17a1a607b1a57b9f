import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  type QuantityFormat,
  wholeValue,
  zeroQuantity,
} from '../../src/model/quantity.ts'

interface Row {
  text: string
  error?: true
  string?: string
  canonical?: string
  format?: QuantityFormat
  value?: string
  milli?: string
}

interface Sum {
  texts: [string, string]
  string: string
  format: QuantityFormat
  order: number
}

/** Made by hack/truth/quantity from the real resource.Quantity. */
const truth = JSON.parse(readFileSync(new URL('../fixtures/quantity/quantities.json', import.meta.url), 'utf8')) as {
  quantities: Row[]
  sums: Sum[]
}

const suffix = fc.constantFrom(
  '',
  'n',
  'u',
  'm',
  'k',
  'M',
  'G',
  'T',
  'P',
  'E',
  'Ki',
  'Mi',
  'Gi',
  'Ti',
  'e3',
  'E-3',
  'e6',
)
const texts = fc
  .tuple(fc.constantFrom('', '-', '+'), fc.nat(2 ** 31 - 1), fc.option(fc.nat(999_999)), suffix)
  .map(([sign, whole, fraction, end]) => `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${end}`)

describe('quantity', () => {
  it('is upstream for each of the recorded texts', () => {
    expect(truth.quantities.length).to.be.greaterThan(800)
    for (const row of truth.quantities) {
      if (row.error === true) {
        expect(() => parseQuantity(row.text), `"${row.text}"`).to.throw(`"${row.text}" is not a quantity`)
        continue
      }
      const quantity = parseQuantity(row.text)
      expect(formatQuantity(quantity), row.text).to.equal(row.string)
      expect(quantity.format, row.text).to.equal(row.format)
      expect(formatQuantity(addQuantities(quantity, zeroQuantity)), row.text).to.equal(row.canonical)
      if (row.value !== undefined) expect(String(wholeValue(quantity)), row.text).to.equal(row.value)
      if (row.milli !== undefined) expect(String(milliValue(quantity)), row.text).to.equal(row.milli)
    }
  })

  it('adds and compares as upstream does', () => {
    expect(truth.sums.length).to.equal(500)
    for (const { texts: pair, string, format, order } of truth.sums) {
      const [left, right] = [parseQuantity(pair[0]), parseQuantity(pair[1])]
      const sum = addQuantities(left, right)
      expect({ string: formatQuantity(sum), format: sum.format }, pair.join(' + ')).to.deep.equal({ string, format })
      expect(Math.sign(compareQuantities(left, right)), pair.join(' <=> ')).to.equal(order)
    }
  })

  it('loses nothing when a quantity is written and read again', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const quantity = parseQuantity(text)
        expect(parseQuantity(formatQuantity(quantity)).nano).to.equal(quantity.nano)
        const canonical = formatQuantity(addQuantities(quantity, zeroQuantity))
        expect(parseQuantity(canonical).nano).to.equal(quantity.nano)
        expect(formatQuantity(parseQuantity(canonical))).to.equal(canonical)
      }),
      { numRuns: 500 },
    )
  })

  it('writes no fraction and no needless digits', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(formatQuantity(addQuantities(parseQuantity(text), zeroQuantity))).to.match(
          /^(0|-?[1-9]\d*([numkMGTPE]|[KMGTPE]i|e-?\d+)?)$/,
        )
      }),
      { numRuns: 300 },
    )
  })

  it('keeps the suffix where upstream drops it', () => {
    expect(formatQuantity(parseQuantity('1000E'))).to.equal('1000E')
  })

  it('reads numbers, as a dump in YAML may hold them', () => {
    expect(formatQuantity(parseQuantity(0.5))).to.equal('500m')
    expect(formatQuantity(parseQuantity(2))).to.equal('2')
  })

  it('refuses a giant exponent instead of spending minutes and memory on its digits', () => {
    expect(() => parseQuantity('1e400000000000')).to.throw('"1e400000000000" has an exponent beyond 100')
    expect(() => parseQuantity('1e-101')).to.throw('exponent')
  })
})
