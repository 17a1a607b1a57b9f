import { expect } from 'chai'
import { Office, type Work } from '../../src/app/office.ts'
import type { HeldLease } from '../../src/kube/lease.ts'
import { settle } from '../support/virtual-clock.ts'

interface AskedForLease {
  readonly onHeldByOther: () => Promise<void>
  give(epoch: number): { lose(): void }
}

/** An office whose Lease the test gives and takes. */
function setUp() {
  const events: string[] = []
  const asked: AskedForLease[] = []
  let mayAct: (() => boolean) | undefined
  const office = new Office({
    acquire: (onHeldByOther, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        asked.push({ onHeldByOther, give: (epoch) => giveLease(epoch, events, resolve) })
      }),
    startWork: (allowed) => {
      events.push('start')
      mayAct = allowed
      return aWork(events)
    },
    onChange: (state) => events.push(state),
  })
  const ended = new AbortController()
  const running = office.run(ended.signal)
  return { office, events, asked, ended, running, mayAct: () => mayAct?.() }
}

function giveLease(epoch: number, events: string[], resolve: (lease: HeldLease) => void) {
  const lost = new AbortController()
  resolve({
    epoch,
    lost: lost.signal,
    isHeld: () => !lost.signal.aborted,
    release: async () => void events.push('release'),
  })
  return { lose: () => lost.abort() }
}

function aWork(events: string[]): Work {
  return {
    started: Promise.resolve(),
    lead: async (epoch) => void events.push(`lead ${epoch}`),
    follow: async () => void events.push('follow'),
    resume: () => events.push('resume'),
    stop: async () => void events.push('stop'),
  }
}

describe('office', () => {
  it('works while it holds the lease, and lets it go at the end', async () => {
    const { office, events, asked, ended, running, mayAct } = setUp()
    expect([office.isHeld, office.isWorking]).to.deep.equal([false, false])
    await settle()
    expect(office.hasSeen).to.equal(true)
    asked[0]?.give(3)
    await settle()
    expect([office.isHeld, office.isWorking, mayAct()]).to.deep.equal([true, true, true])
    ended.abort()
    await running
    await office.close()
    expect(events).to.deep.equal(['start', 'lead 3', 'working', 'paused', 'stop', 'release'])
  })

  it('may not act from the moment the lease is lost, and goes on where it was when it gets it back', async () => {
    const { office, events, asked, mayAct } = setUp()
    const lease = asked[0]?.give(3)
    await settle()
    lease?.lose()
    expect(mayAct()).to.equal(false)
    await settle()
    expect(office.isHeld).to.equal(false)
    asked[1]?.give(3)
    await settle()
    expect([office.isHeld, mayAct()]).to.deep.equal([true, true])
    expect(events).to.deep.equal(['start', 'lead 3', 'working', 'paused', 'resume', 'working'])
  })

  it('forgets what it judged when another process had the lease in between', async () => {
    const { events, asked } = setUp()
    asked[0]?.give(3).lose()
    await settle()
    asked[1]?.give(5)
    await settle()
    expect(events).to.deep.equal(['start', 'lead 3', 'follow', 'lead 5', 'working'])
  })

  it('follows as soon as another process is seen to hold the lease', async () => {
    const { office, events, asked } = setUp()
    const lease = asked[0]?.give(3)
    await settle()
    lease?.lose()
    await settle()
    await asked[1]?.onHeldByOther()
    await asked[1]?.onHeldByOther()
    expect(events).to.deep.equal(['start', 'lead 3', 'working', 'paused', 'follow'])
    expect(office.isWorking).to.equal(false)
  })

  it('ends in peace while it waits for the lease', async () => {
    const { office, events, ended, running } = setUp()
    ended.abort()
    await running
    await office.close()
    expect(events).to.deep.equal(['start', 'stop'])
  })

  it('fails when work cannot start', async () => {
    const office = new Office({
      acquire: async () => ({
        epoch: 0,
        lost: new AbortController().signal,
        isHeld: () => true,
        release: async () => undefined,
      }),
      startWork: () => ({ ...aWork([]), started: Promise.reject(new Error('no such resource')) }),
      onChange: () => undefined,
    })
    const failure = await office.run(new AbortController().signal).catch((error: Error) => error.message)
    expect(failure).to.equal('no such resource')
  })
})
