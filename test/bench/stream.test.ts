import { expect } from 'chai'
import { RateMeter } from '../../bench/stream/rate-meter.ts'
import { EventCounter } from '../../bench/stream/watch-tap.ts'

const event = (version: number, more = ''): string =>
  `{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"${version}"${more}}}}\n`
const end = ',"annotations":{"k8s.io/initial-events-end":"true"}'

describe('bench stream', () => {
  it('counts events and knows the last one, wherever the bytes are cut', () => {
    const bytes = Buffer.from(event(7) + event(8) + event(9))
    for (let cut = 1; cut < bytes.length; cut++) {
      const counter = new EventCounter('1')
      counter.push(bytes.subarray(0, cut))
      counter.push(bytes.subarray(cut))
      expect(counter.lines).to.equal(3)
      expect(counter.resourceVersion()).to.equal('9')
    }
    const counter = new EventCounter()
    for (const byte of bytes) counter.push(Buffer.from([byte]))
    expect([counter.lines, counter.resourceVersion()]).to.deep.equal([3, '9'])
  })

  it('sees the end of the initial objects only as the last whole line', () => {
    const counter = new EventCounter()
    counter.push(Buffer.from(event(7) + event(7, end).slice(0, -1)))
    expect(counter.endsWithInitialEventsEnd).to.equal(false)
    counter.push(Buffer.from('\n'))
    expect(counter.endsWithInitialEventsEnd).to.equal(true)
    counter.push(Buffer.from(event(8)))
    expect(counter.endsWithInitialEventsEnd).to.equal(false)
  })

  it('goes on from where it began as long as nothing came, and never from within an event', () => {
    const counter = new EventCounter('41')
    expect(counter.resourceVersion()).to.equal('41')
    counter.push(Buffer.from('{"type":'))
    expect(() => counter.resourceVersion()).to.throw('within an event')
  })

  it('finds the best whole second, through seconds without any event', () => {
    const meter = new RateMeter()
    meter.watchBegins()
    meter.note(10, 5_000)
    meter.note(100, 5_900)
    meter.note(700, 8_100)
    meter.watchBegins()
    meter.note(1_900, 9_000)
    expect(meter.rate()).to.deep.equal({
      events: 1_900,
      seconds: 4,
      eventsPerSecond: 475,
      bestSecond: 600,
      endings: 1,
    })
  })
})
