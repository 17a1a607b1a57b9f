/** A pipeline whose log cannot be read when it begins: alerts go out, and when the log is back both are brought together. */
import { expect } from 'chai'
import { OperatorError } from '../../src/base/errors.ts'
import { missedEnds } from '../../src/notify/log-repair.ts'
import { aDelivery, anAlertRecord, aThread, numbered, ofAlert, ofThread } from '../support/log-records.ts'
import { PipelineWorld } from '../support/pipeline-world.ts'
import { settle } from '../support/virtual-clock.ts'

const away = () => new OperatorError('STORE_UNAVAILABLE', 'no space is left')

/** A process that finds what an earlier one left, but not at once. */
function successorOf(world: PipelineWorld): PipelineWorld {
  const next = new PipelineWorld({ log: world.log, clock: world.clock })
  next.receiver('a')
  return next
}

async function leadWithout(world: PipelineWorld): Promise<void> {
  world.log.failure = away()
  const leading = world.pipeline.lead(2)
  await world.pass(15_000)
  await leading
  world.pipeline.open()
}

describe('pipeline with a log that cannot be read at the start', () => {
  it('waits for it a while, and begins with what it knows where it comes', async () => {
    const world = new PipelineWorld()
    const before = world.receiver('a')
    await world.lead(1)
    await world.fire('x')
    expect(before.news()).to.deep.equal(['first x'])
    await world.pipeline.follow()
    const next = successorOf(world)
    world.log.failure = away()
    const leading = next.pipeline.lead(2)
    await next.pass(10_000)
    expect(next.pipeline.isLeading).to.equal(false)
    world.log.failure = undefined
    await next.pass(1_000)
    await leading
    next.pipeline.open()
    await next.fire('x')
    expect(next.recorders.get('a')?.news()).to.deep.equal([])
    expect([next.degraded, next.lateStarts]).to.deep.equal([[], 0])
  })

  it('tells all the same after that, and says why it is degraded', async () => {
    const world = new PipelineWorld()
    const recorder = world.receiver('a')
    await leadWithout(world)
    expect(world.degraded).to.deep.equal(['no space is left'])
    await world.fire('x')
    expect(recorder.news()).to.deep.equal(['first x'])
    world.log.failure = undefined
    await world.pass(60_000)
    expect(world.degraded).to.deep.equal(['no space is left', undefined])
    expect([...world.log.records.values()].map(({ endedMs }) => endedMs)).to.deep.equal([undefined])
    expect(world.log.threads.size).to.equal(1)
  })

  it('does not wait where waiting does not help, nor when the process ends', async () => {
    const world = new PipelineWorld()
    world.log.failure = new OperatorError('STORE_NEWER', 'written by a newer version')
    const failure = await world.pipeline.lead(1).catch((error: unknown) => error)
    expect((failure as OperatorError).code).to.equal('STORE_NEWER')
    world.log.failure = away()
    const ended = new AbortController()
    const leading = world.pipeline.lead(1, ended.signal).then(
      () => 'leads',
      () => 'ended',
    )
    await settle()
    ended.abort(new Error('the process ends'))
    expect(await leading).to.equal('ended')
  })

  it('takes up late what the log knows: ends are told where firing was told, in the old incident too', async () => {
    const world = new PipelineWorld()
    const before = world.receiver('a')
    await world.lead(1)
    for (const name of ['x', 'y']) await world.fire(name)
    const [oldX] = before.messages.splice(0)
    await world.pipeline.follow()

    const next = successorOf(world)
    const recorder = next.receiver('a')
    await leadWithout(next)
    await next.fire('x')
    const [newX] = recorder.messages
    expect(recorder.news()).to.deep.equal(['first x'])
    expect(newX?.incident).not.to.equal(oldX?.incident)

    world.log.failure = undefined
    await next.pass(30_000)
    expect(next.lateStarts).to.equal(1)
    expect(
      next.pipeline
        .openAlerts('uid')
        .map(({ key }) => key)
        .sort(),
    ).to.deep.equal(['key-x', 'key-y'])
    expect(recorder.news()).to.deep.equal([])

    for (const name of ['x', 'y']) await next.end(name)
    await next.pass(60_000)
    const incidents = recorder.messages.map(({ incident, reason }) => `${reason} ${incident}`)
    expect(incidents).to.have.length(3)
    expect(incidents).to.include.members([`resolved ${oldX?.incident}`, `resolved ${newX?.incident}`])
    expect([...world.log.records.values()].filter(({ endedMs }) => endedMs === undefined)).to.deep.equal([])
    expect(world.log.threads.size).to.equal(0)
    expect(next.pipeline.size).to.deep.equal({ alerts: 0, threads: 0 })
  })

  it('leaves one open episode of each alert to the process after it', async () => {
    const world = new PipelineWorld()
    world.receiver('a')
    await world.lead(1)
    await world.fire('x')
    await world.pipeline.follow()
    const next = successorOf(world)
    await leadWithout(next)
    await next.fire('x')
    world.log.failure = undefined
    await next.pass(30_000)
    const state = await world.log.takeOver(3)
    expect(state.alerts.map(({ alert }) => alert.key)).to.deep.equal(['key-x'])
    expect(state.unfinished).to.deep.equal([])
  })

  it('finishes a delivery that the earlier process began, where nothing was said since', async () => {
    const world = new PipelineWorld()
    const before = world.receiver('a')
    before.answer = () => ({ sent: false, retry: true, reason: 'timeout', message: 'late', mayHaveArrived: true })
    await world.lead(1)
    await world.fire('x')
    const [cut] = before.messages
    await world.pipeline.follow()
    const next = successorOf(world)
    const recorder = next.receiver('a')
    await leadWithout(next)
    world.log.failure = undefined
    await next.pass(30_000)
    expect(recorder.messages.map(({ id, isPossibleRepeat }) => [id, isPossibleRepeat])).to.deep.equal([[cut?.id, true]])
  })

  it('is stopped again when the log says that it was told to stop', async () => {
    const world = new PipelineWorld()
    world.receiver('a')
    await world.lead(1)
    await world.pipeline.setStopped(true)
    await world.pipeline.follow()
    const next = successorOf(world)
    const recorder = next.receiver('a')
    await leadWithout(next)
    world.log.failure = undefined
    await next.pass(30_000)
    await next.fire('x')
    expect(next.pipeline.isStopped).to.equal(true)
    expect(recorder.news()).to.deep.equal([])
    await next.pipeline.setStopped(false)
    await settle()
    expect(recorder.news()).to.deep.equal(['first x'])
  })
})

describe('pipeline after a restart', () => {
  it('tells the end, by name, of what was over before the process died and nobody had been told of', async () => {
    const grouped = { group: 'g', grouping: { intervalMs: 300_000 } }
    const world = new PipelineWorld()
    const before = world.receiver('a')
    await world.lead(1)
    await world.fire('x', grouped)
    await world.fire('y', grouped)
    await world.pass(300_000)
    await world.end('x', grouped)
    expect(before.news()).to.deep.equal(['first x', 'newAlerts x,y'])
    const next = successorOf(world)
    const recorder = next.receiver('a')
    await next.lead(2)
    await next.pass(300_000)
    expect(recorder.news()).to.deep.equal(['someResolved y -x'])
    await next.end('y', grouped)
    await next.pass(300_000)
    expect(recorder.news()).to.deep.equal(['resolved -y'])
    expect(next.pipeline.size).to.deep.equal({ alerts: 0, threads: 0 })
  })
})

describe('what a log missed', () => {
  const state = {
    alerts: [numbered(1), numbered(2)],
    owed: [],
    threads: [aThread({ key: 'one' }), aThread({ key: 'other' })],
    unfinished: [aDelivery()],
    settings: {},
  }

  it('is the end of what nobody knows as open', () => {
    const known = [ofAlert(numbered(1)), ofThread(aThread({ key: 'other' })), ofAlert(anAlertRecord())]
    const missed = missedEnds(state, known, 77)
    expect(missed).to.have.length(2)
    const [alert, thread] = missed
    expect(alert?.type === 'alert' && [alert.record.id, alert.record.endedMs, alert.record.alert.state]).to.deep.equal([
      'episode00002',
      77,
      'closed',
    ])
    expect(thread).to.deep.equal({ type: 'threadEnd', key: 'one' })
  })
})
