import { expect } from 'chai'
import { layoutOf } from '../../src/notify/layout.ts'
import { aMessage, anAlert } from '../support/channel-messages.ts'

describe('layout of a message', () => {
  it('has what is most important first and the next step apart', () => {
    const { word, tone, headline, sections } = layoutOf(aMessage())
    expect({ word, tone, headline }).to.deep.equal({
      word: 'CRITICAL',
      tone: 'critical',
      headline: 'Node node-1: cpu requests at 93.1%, above 80%',
    })
    expect(sections[0]).to.deep.include({
      facts: ['3.72 of 4 cpu requested'],
      next: ['kubectl describe node node-1'],
      source: 'policy dogwatch-system/nodes, rule node-cpu, labels team=platform, resource=cpu, node=node-1',
    })
    expect(sections[0]).not.to.have.property('title')
  })

  it('names each of several alerts, those that fire first', () => {
    const ended = anAlert({ key: 'b', title: 'b', state: 'closed' })
    const { tone, sections } = layoutOf(
      aMessage({ firing: [anAlert({ title: 'a', severity: 'warning' })], ended: [ended] }),
    )
    expect(tone).to.equal('warning')
    expect(sections.map(({ word, title, tone: own }) => [word, title, own])).to.deep.equal([
      ['WARNING', 'a', 'warning'],
      ['CLOSED', 'b', 'over'],
    ])
  })

  it('is green when all is over and grey when nothing happened', () => {
    expect(
      layoutOf(aMessage({ reason: 'resolved', firing: [], ended: [anAlert({ state: 'resolved' })] })).tone,
    ).to.equal('over')
    expect(layoutOf(aMessage({ reason: 'heartbeat', firing: [] })).tone).to.equal('quiet')
  })

  it('opens no address that a browser does not', () => {
    for (const runbookURL of ['javascript:alert(1)', 'file:///etc/passwd', 'no url']) {
      expect(layoutOf(aMessage({ firing: [anAlert({ runbookURL })] })).sections[0]).not.to.have.property('runbookURL')
    }
  })

  it('takes from a log what commands terminals, and keeps its lines', () => {
    const text = '\u001b[31mred\u001b[0m\ttab\r\nsecond\u0007\n\u001b]0;title\u0007third'
    const attachment = { name: '../../etc/a b.log', text }
    const [section] = layoutOf(aMessage({ firing: [anAlert({ attachment })] })).sections
    expect(section?.log).to.deep.equal({ name: 'log..-..-etc-a-b.log', text: 'red    tab\nsecond?\nthird' })
  })
})
