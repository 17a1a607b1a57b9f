import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lagsOf } from '../lag.ts'
import { type Command, PhasedProgram } from '../measure.ts'
import { programEnvironment } from '../programs.ts'
import { percentile } from '../report.ts'
import type { ServerRate } from '../stream/rate-meter.ts'
import { measureServerRate, requestsInFlight } from '../stream/record.ts'
import { ensureRecording } from '../stream/recording.ts'
import type { BenchContext, Subject, Work } from '../work.ts'

const eventsPerSecond = 5_000
const recordedEvents = 25_000

/** How well each side keeps up with a busy cluster. */
export const replay: Work = {
  name: 'replay',
  title: `One recorded watch of pods, replayed at ${eventsPerSecond.toLocaleString('en-US')} events a second`,
  async run(context) {
    const seconds = context.isQuick ? 5 : 60
    const recording = await ensureRecording(context, recordedEvents)
    const rate = await serverRate(context)
    await context.stopBigCluster()
    const player = new Player(context, recording, seconds)
    const ours = await player.play('dogwatch', [context.programs.watchCache])
    const theirs = await player.play('informer', [context.programs.informer])
    return {
      subjects: [subject("Dogwatch's watch cache", ours), subject('informers, JSON', theirs)],
      bars: [
        { what: 'lag p99', unit: 'ms', comparison: '<=', limit: 250, value: percentile(ours.lagsMs, 99) },
        { what: 'CPU / informers', unit: 'x', comparison: '<=', limit: 1, value: perEvent(ours) / perEvent(theirs) },
      ],
      notes: [
        `${seconds} s, ${seconds * eventsPerSecond} events over TLS; the ${recordedEvents} that were recorded are ` +
          'repeated as often as that takes. The lag counts from when an event was due: a program that falls behind ' +
          'holds up the server, and what is then sent late counts as late. A real API server would end such a watch.',
        `The server itself was late by at most ${ours.serverLateP99Ms} ms (p99) with Dogwatch and ` +
          `${theirs.serverLateP99Ms} ms with the informers. CPU is user and system time, between the first event and the last.`,
        `The real server itself, changed by ${requestsInFlight} requests at once from the same cores, made and delivered ` +
          `${Math.round(rate.eventsPerSecond)} events a second (${rate.bestSecond} in its best one) and ended the watch ` +
          `${rate.endings} times for want of time.`,
      ],
    }
  },
}

async function serverRate(context: BenchContext): Promise<ServerRate> {
  const { cluster, size } = await context.bigCluster()
  return measureServerRate(cluster, size, context.isQuick ? 5 : 15)
}

interface Play {
  readonly events: number
  readonly cpuMs: number
  readonly lagsMs: readonly number[]
  readonly skipped: number
  readonly peakBytes: number
  readonly serverLateP99Ms: number
}

const perEvent = ({ cpuMs, events }: Play): number => cpuMs / events

/** A program that cannot keep up is given this much longer. */
const graceMs = 60_000

class Player {
  readonly #context: BenchContext
  readonly #recording: string
  readonly #events: number

  constructor(context: BenchContext, recording: string, seconds: number) {
    this.#context = context
    this.#recording = recording
    this.#events = seconds * eventsPerSecond
  }

  /** Lets one program follow the stream from a server of its own. */
  async play(name: string, program: Command): Promise<Play> {
    const kubeconfig = join(this.#context.folder, `${name}.kubeconfig`)
    const times = join(this.#context.folder, `${name}.times`)
    const events = String(this.#events)
    const pace = ['--rate', String(eventsPerSecond), '--events', events]
    const files = ['--recording', this.#recording, '--kubeconfig', kubeconfig]
    const server = new PhasedProgram([this.#context.programs.replay, ...files, ...pace])
    try {
      await server.next('listening')
      const consumer = new PhasedProgram(
        [...program, '--kubeconfig', kubeconfig, '--events', events, '--times', times],
        programEnvironment,
      )
      try {
        return await this.#follow(server, consumer, times)
      } finally {
        await consumer.stop()
      }
    } finally {
      await server.stop()
    }
  }

  async #follow(server: PhasedProgram, consumer: PhasedProgram, times: string): Promise<Play> {
    await consumer.next('synced')
    await sleep(2_000)
    server.tell('start')
    const schedule = await server.next('started')
    const limit = setTimeout(() => consumer.askToEnd(), (this.#events / eventsPerSecond) * 1000 + graceMs)
    const replayed = await consumer.next('replayed', 600_000)
    clearTimeout(limit)
    const isComplete = Number(replayed.events) === this.#events
    const sent = isComplete ? await server.next('sent') : undefined
    const { ms, skipped } = lagsOf(readFileSync(times), {
      startNs: Number(schedule.startNs),
      intervalNs: Number(schedule.intervalNs),
      firstVersion: Number(schedule.firstVersion),
    })
    return {
      events: ms.length,
      cpuMs: replayed.cpuMs,
      lagsMs: ms,
      skipped: skipped + this.#events - ms.length,
      peakBytes: replayed.peakBytes,
      serverLateP99Ms: Number(sent?.lateP99Ms ?? Number.NaN),
    }
  }
}

function subject(name: string, { events, cpuMs, lagsMs, skipped, peakBytes }: Play): Subject {
  return {
    name,
    cpuMs: [cpuMs],
    peakBytes: [peakBytes],
    figures: {
      'lag p50 ms': percentile(lagsMs, 50),
      'p99 ms': percentile(lagsMs, 99),
      'max ms': percentile(lagsMs, 100),
      'CPU us/event': (cpuMs / events) * 1000,
      'events not delivered': skipped,
    },
  }
}
