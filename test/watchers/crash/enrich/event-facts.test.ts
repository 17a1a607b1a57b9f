import { expect } from 'chai'
import { eventFacts } from '../../../../src/watchers/crash/enrich/event-facts.ts'
import { countedEvent, type EventObject } from '../../../../src/watchers/crash/enrich/event-object.ts'
import { redactorOf } from '../../../support/redactor.ts'
import { longWithSecret, secretPart } from '../../../support/secret-text.ts'

const crashMs = Date.parse('2026-11-21T16:10:00Z')
const facts = (...events: readonly EventObject[]) =>
  eventFacts(
    events.map((event) => countedEvent(event)),
    { crashMs, redactor: redactorOf() },
  )

describe('Events as facts', () => {
  it('are one line for each reason, with the newest message, the most important first', () => {
    expect(
      facts(
        {
          type: 'Warning',
          reason: 'BackOff',
          message: 'Back-off restarting',
          count: 4,
          lastTimestamp: '2026-11-21T16:09:00Z',
        },
        { type: 'Warning', reason: 'Unhealthy', message: 'old', count: 2, lastTimestamp: '2026-11-21T16:08:00Z' },
        {
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Liveness probe failed:\n 500',
          lastTimestamp: '2026-11-21T16:09:48Z',
        },
        { type: 'Warning', reason: 'Strange', message: 'something', lastTimestamp: '2026-11-21T16:10:03Z' },
      ),
    ).to.deep.equal([
      'Event Unhealthy (3 times, last 12 seconds before): Liveness probe failed: 500',
      'Event BackOff (4 times, last 1 minute before): Back-off restarting',
      'Event Strange (3 seconds after): something',
    ])
  })

  it('are only those that say something', () => {
    expect(
      facts({ type: 'Normal', reason: 'Pulled', message: 'pulled' }, { type: 'Normal', reason: 'Started' }),
    ).to.deep.equal([])
    expect(facts({ type: 'Normal', reason: 'Killing', message: 'Stopping container' })).to.deep.equal([
      'Event Killing: Stopping container',
    ])
  })

  it('count what the new form of Events counts', () => {
    expect(
      facts({
        type: 'Warning',
        reason: 'FailedMount',
        message: 'no such secret',
        eventTime: '2026-11-21T16:00:00.000000Z',
        series: { count: 9, lastObservedTime: '2026-11-21T16:08:00.000000Z' },
      }),
    ).to.deep.equal(['Event FailedMount (9 times, last 2 minutes before): no such secret'])
  })

  it('are a few', () => {
    const many = Array.from({ length: 50 }, (_, index) => ({ type: 'Warning', reason: `R${index}`, message: 'x' }))
    expect(facts(...many)).to.have.length(6)
  })

  it('have no part of a secret, wherever a long message loses its middle', () => {
    for (const message of longWithSecret) {
      const [fact] = facts({ type: 'Warning', reason: 'Unhealthy', message })
      expect(fact).to.match(/^Event Unhealthy: .*\[redacted\]/)
      expect(fact).to.not.match(secretPart)
    }
  })
})
