import { expect } from 'chai'
import { renderText } from '../../src/notify/render-text.ts'
import { aMessage, anAlert } from '../support/messages.ts'

const head = (text: string) => text.split('\n')[0]?.split('  ').slice(1).join('  ')

describe('text of a message', () => {
  it('says the most important thing first and its source last', () => {
    expect(renderText(aMessage()).split('\n')).to.deep.equal([
      '2026-01-01T12:05:05Z  CRITICAL  [blue] Node node-1: cpu requests at 93.1%, above 80%',
      '    3.72 of 4 cpu requested, since 12:00:05',
      '    next: kubectl describe node node-1',
      '    runbook: https://runbooks.example/node-cpu',
      '    policy dogwatch-system/nodes, rule node-cpu  {team=platform}',
    ])
  })

  it('tells a reminder and an end from a first message', () => {
    const over = (state: 'resolved' | 'closed') =>
      renderText(aMessage({ reason: 'resolved', ended: [anAlert({ state, title: 'it is over' })] }))
    const reminder = renderText(aMessage({ reason: 'repeat', reminder: { number: 2, of: 5 } }))
    expect(head(reminder)).to.match(/^STILL CRITICAL {2}\[blue\] Node node-1/)
    expect(reminder).to.match(/\n {4}reminder 2 of 5$/)
    expect(head(over('resolved'))).to.equal('RESOLVED  [blue] it is over')
    expect(head(over('closed'))).to.equal('CLOSED  [blue] it is over')
  })

  it('names every alert of a group below what they have in common, and counts what it does not show', () => {
    const firing = [anAlert(), anAlert({ key: 'b', title: 'Node node-2: full', lines: [] })]
    const text = renderText(aMessage({ reason: 'newAlerts', firing, counts: { firing: 7, ended: 0 } }))
    expect(head(text)).to.equal('MORE CRITICAL  [blue] 7 alerts fire: Node node-1: cpu requests at 93.1%, above 80%')
    expect(text).to.include('\n    CRITICAL  Node node-2: full\n        runbook:')
    expect(text).to.match(/\n {4}5 more are not shown; dogwatch alerts list$/)
  })

  it('says where it may repeat itself, and what was dropped', () => {
    const text = renderText(aMessage({ isPossibleRepeat: true, dropped: 3 }))
    expect(text).to.include('3 more came than can be kept').and.include('possible repeat')
  })

  it('gives a sign of life and a test their own words', () => {
    const alive = aMessage({ reason: 'heartbeat', firing: [], nextWithinMs: 300_000 })
    expect(head(renderText(alive))).to.equal('ALIVE  [blue] Dogwatch is at work; the next sign of life comes within 5m')
    expect(head(renderText(aMessage({ reason: 'test', firing: [] })))).to.equal(
      'TEST  [blue] a test message: this receiver works',
    )
  })

  it('lets no name command the terminal', () => {
    const firing = [anAlert({ title: 'Pod \u001b[2Jevil\nline' })]
    expect(renderText(aMessage({ firing }))).to.include('Pod ?[2Jevil?line')
  })
})
