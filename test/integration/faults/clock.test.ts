/**
 * The wall clock jumps, both ways, under a running process and between two: libfaketime moves it for the real program, the
 * monotonic clock goes on as it does.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFaketime } from '../../../hack/testbed/debian.ts'
import { eventually } from '../../support/eventually.ts'
import { faultCase } from '../../support/faults/fault-case.ts'
import { type FaultLab, inLab } from '../../support/faults/fault-lab.ts'
import type { PipelineProcess } from '../../support/faults/pipeline-process.ts'
import { heardOf } from '../../support/faults/recorder.ts'
import { recordWebhook, type WebhookRecorder } from '../../support/faults/recorders.ts'

const library = findFaketime()
const channel = { channel: 'webhook', promise: 'once where the receiver honours the key' }
const missing = () =>
  library === undefined ? 'libfaketime is not installed: run "hack/testbed/testbed build" as root' : undefined
const to = ['people']

interface Scene {
  readonly lab: FaultLab
  readonly people: WebhookRecorder
  /** Moves the clock of every process to this distance from the true one. */
  jump(to: string): void
  start(): Promise<PipelineProcess>
}

async function withClock(work: (scene: Scene) => Promise<string>): Promise<string> {
  return inLab(async (lab) => {
    const offset = join(lab.folder, 'clock')
    const jump = (distance: string) => writeFileSync(offset, `${distance}\n`)
    jump('+0')
    const env = {
      ...{ LD_PRELOAD: library ?? '', FAKETIME_TIMESTAMP_FILE: offset },
      ...{ FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    }
    const people = await lab.add('people', recordWebhook)
    return work({ lab, people, jump, start: () => lab.start({ env }) })
  })
}

describe('the clock jumps', function () {
  this.timeout(180_000)
  const clockCase = (fault: string, expected: string, record: (scene: Scene) => Promise<string>) =>
    faultCase({ area: 'the clock', fault, ...channel, expected, missing, record: () => withClock(record) })

  for (const distance of ['-2h', '+2h']) {
    const way = distance === '-2h' ? 'back two hours' : 'ahead two hours'

    clockCase(`${way} while something fires`, 'first, resolved', async ({ lab, people, jump, start }) => {
      const child = await start()
      child.fire('victim', { to })
      await lab.heard('people', 'victim', 'first')
      jump(distance)
      await lab.mark(child, 'people')
      child.resolve('victim', { to })
      await lab.heard('people', 'victim', 'resolved')
      await lab.mark(child, 'people')
      return heardOf(people, 'victim')
    })

    clockCase(`${way} while a group waits for more`, 'first, resolved', async ({ lab, people, jump, start }) => {
      const child = await start()
      child.fire('victim', { to, grouping: { waitMs: 3_000 } })
      await child.drained()
      jump(distance)
      await lab.heard('people', 'victim', 'first')
      child.resolve('victim', { to, grouping: { waitMs: 3_000 } })
      await lab.heard('people', 'victim', 'resolved')
      await lab.mark(child, 'people')
      return heardOf(people, 'victim')
    })

    clockCase(`${way} before more of a group fires`, 'first, newAlerts', async ({ lab, people, jump, start }) => {
      const child = await start()
      const raised = { to, group: 'group', grouping: { intervalMs: 2_000 } }
      child.fire('victim', raised)
      await lab.heard('people', 'victim', 'first')
      jump(distance)
      child.fire('victim-more', raised)
      await lab.heard('people', 'victim-more', 'newAlerts')
      await lab.mark(child, 'people')
      return heardOf(people, 'victim')
    })

    clockCase(`${way} between two reminders`, 'first, repeat', async ({ lab, people, jump, start }) => {
      const child = await start()
      child.fire('victim', { to, grouping: { repeatMs: 5_000, repeatMax: 1 } })
      await lab.heard('people', 'victim', 'first')
      jump(distance)
      await lab.heard('people', 'victim', 'repeat')
      await lab.mark(child, 'people')
      return heardOf(people, 'victim')
    })

    clockCase(`${way} while a delivery is tried again`, 'server; first', async ({ lab, people, jump, start }) => {
      const child = await start()
      people.server.fault = { status: 500 }
      child.fire('victim', { to })
      const { reason } = await eventually('a failure', () => child.failures[0])
      jump(distance)
      people.server.fault = undefined
      await lab.heard('people', 'victim', 'first')
      await lab.mark(child, 'people')
      return `${reason}; ${await heardOf(people, 'victim')}`
    })

    clockCase(`${way} between kill -9 and the next start`, 'first, repeat, resolved', async (scene) => {
      const { lab, people, jump, start } = scene
      const raised = { to, grouping: { repeatMs: 8_000, repeatMax: 1 } }
      const first = await start()
      first.fire('victim', raised)
      await lab.heard('people', 'victim', 'first')
      await first.drained()
      await first.kill()
      jump(distance)
      const second = await start()
      second.fire('victim', raised)
      await lab.heard('people', 'victim', 'repeat')
      second.resolve('victim', raised)
      await lab.heard('people', 'victim', 'resolved')
      await lab.mark(second, 'people')
      return heardOf(people, 'victim')
    })
  }
})
