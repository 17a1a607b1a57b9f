import { expect } from 'chai'
import { chooseAmountText, plainNumber } from '../../../src/cli/capacity/resource-unit.ts'
import { parseQuantity } from '../../../src/model/quantity.ts'

function texts(resource: string, ...amounts: string[]): string[] {
  const quantities = amounts.map((amount) => parseQuantity(amount))
  return quantities.map(chooseAmountText(resource, quantities))
}

describe('amounts in tables', () => {
  it('stand in the small unit, which kubectl uses, while it needs few digits', () => {
    expect(texts('cpu', '0', '250m', '1.5', '99')).to.deep.equal(['0m', '250m', '1500m', '99000m'])
    expect(texts('memory', '0', '128Mi', '1Gi', '99Gi')).to.deep.equal(['0Mi', '128Mi', '1024Mi', '101376Mi'])
  })

  it('all stand in the large unit where one of them needs it', () => {
    expect(texts('cpu', '250m', '64', '100')).to.deep.equal(['0.3', '64', '100'])
    expect(texts('ephemeral-storage', '1Mi', '1.5Gi', '100Gi')).to.deep.equal(['0.1Gi', '1.5Gi', '100Gi'])
    expect(texts('memory', '100Gi', '1200.2Gi')).to.deep.equal(['100Gi', '1201Gi'])
  })

  it('are rounded up, so that something is never nothing', () => {
    expect(texts('cpu', '1n', '1500u')).to.deep.equal(['1m', '2m'])
    expect(texts('hugepages-2Mi', '1', '1048577')).to.deep.equal(['1Mi', '2Mi'])
  })

  it('of other resources are pieces', () => {
    expect(texts('pods', '110', '5000')).to.deep.equal(['110', '5000'])
    expect(texts('nvidia.com/gpu', '0', '8')).to.deep.equal(['0', '8'])
  })

  it('can be negative: what is available on a node that was filled beyond its size', () => {
    expect(texts('cpu', '-250m', '1')).to.deep.equal(['-250m', '1000m'])
    expect(texts('memory', '-3Mi', '1Gi')).to.deep.equal(['-3Mi', '1024Mi'])
  })

  it('are plain decimal numbers in CSV, exact to the nano', () => {
    const cases = {
      '250m': '0.25',
      '1Gi': '1073741824',
      '1n': '0.000000001',
      '-1500m': '-1.5',
      '0': '0',
      '2e3': '2000',
    }
    for (const [text, number] of Object.entries(cases)) expect(plainNumber(parseQuantity(text)), text).to.equal(number)
  })
})
