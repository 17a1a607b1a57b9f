import { expect } from 'chai'
import { Registry } from 'prom-client'
import { createPrometheusMetrics } from '../../src/base/prometheus.ts'

describe('createPrometheusMetrics', () => {
  const lines = async (registry: Registry) =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))

  it('shows every series of a closed label from the start', async () => {
    const registry = new Registry()
    createPrometheusMetrics(registry).counter({
      name: 'sent_total',
      help: 'Sent.',
      labels: { channel: ['slack', 'email'], result: ['ok', 'failed'] },
    })
    expect(await lines(registry)).to.have.members([
      'sent_total{channel="slack",result="ok"} 0',
      'sent_total{channel="slack",result="failed"} 0',
      'sent_total{channel="email",result="ok"} 0',
      'sent_total{channel="email",result="failed"} 0',
    ])
  })

  it('starts and ends the series of an open label with what it speaks of', async () => {
    const registry = new Registry()
    const counter = createPrometheusMetrics(registry).counter({
      name: 'ended_total',
      help: 'Ended.',
      labels: { resource: 'open', cause: ['a', 'b'] },
    })
    expect(await lines(registry)).to.deep.equal([])
    counter.start({ resource: 'pods' })
    counter.start({ resource: 'nodes' })
    counter.add({ resource: 'pods', cause: 'b' }, 3)
    counter.start({ resource: 'pods' })
    counter.forget({ resource: 'nodes' })
    expect(await lines(registry)).to.have.members([
      'ended_total{cause="a",resource="pods"} 0',
      'ended_total{cause="b",resource="pods"} 3',
    ])
  })

  it('has gauges and histograms', async () => {
    const registry = new Registry()
    const metrics = createPrometheusMetrics(registry)
    const gauge = metrics.gauge({ name: 'size', help: 'Size.' })
    gauge.set({}, 7)
    const histogram = metrics.histogram({ name: 'wait_seconds', help: 'Wait.', buckets: [1, 10] })
    histogram.observe({}, 5)
    expect(await lines(registry)).to.include.members([
      'size 7',
      'wait_seconds_bucket{le="1"} 0',
      'wait_seconds_bucket{le="10"} 1',
      'wait_seconds_count 1',
    ])
  })
})
