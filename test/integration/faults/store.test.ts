/**
 * The notification log away, full, or in the hands of another: alerts go out all the same, the log is repaired afterwards, and
 * of two leaders the later one alone tells.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Mariadb, missingForMariadb, startMariadb } from '../../../hack/testbed/mariadb.ts'
import { mustRun, runCommand } from '../../../hack/testbed/run-command.ts'
import { eventually } from '../../support/eventually.ts'
import { faultCase } from '../../support/faults/fault-case.ts'
import { type FaultLab, inLab } from '../../support/faults/fault-lab.ts'
import type { PipelineProcess } from '../../support/faults/pipeline-process.ts'
import { heardOf } from '../../support/faults/recorder.ts'
import { recordFile, recordWebhook } from '../../support/faults/recorders.ts'

const area = 'the notification log'
const webhook = { channel: 'webhook', promise: 'once where the receiver honours the key' }
const file = { channel: 'file', promise: 'at least once' }
const people = { to: ['people'] }

/** Fires and waits; gives whether it came. */
async function tells(lab: FaultLab, by: PipelineProcess, name: string): Promise<void> {
  by.fire(name, people)
  await lab.heard('people', name, 'first', 60_000)
}

/** The next process knows all that was told: it repeats nothing, and tells what is over. */
async function heir(lab: FaultLab, names: readonly string[], store = lab.store): Promise<string> {
  const next = await lab.start({ store })
  for (const name of names) next.fire(name, people)
  await lab.mark(next, 'people')
  for (const name of names) next.resolve(name, people)
  for (const name of names) await lab.heard('people', name, 'resolved')
  await lab.mark(next, 'people')
  const heard = await Promise.all(names.map(async (name) => heardOf(lab.recorder('people'), name)))
  return [...new Set(heard)].join(' / ')
}

/** The log breaks, an alert is told, the log is mended and repaired; then the process is killed and another takes up the log. */
interface Trouble {
  readonly breaks: () => Promise<unknown> | unknown
  readonly mends: () => Promise<unknown> | unknown
  readonly store?: string
}

async function throughTrouble(lab: FaultLab, { breaks, mends, store = lab.store }: Trouble): Promise<string> {
  const first = await lab.start({ store })
  await tells(lab, first, 'victim-before')
  await breaks()
  await tells(lab, first, 'victim-during')
  await first.says('degraded')
  await mends()
  const isRepaired = () => first.words.some((word) => word.is === 'degraded' && word.why === undefined)
  await eventually('the log is repaired', isRepaired, 90_000, () => first.words)
  await tells(lab, first, 'victim-after')
  await first.drained()
  await first.kill()
  return `told, repaired, then ${await heir(lab, ['victim-before', 'victim-during', 'victim-after'], store)}`
}

const throughExpected = 'told, repaired, then first, resolved'

describe('the notification log in trouble', function () {
  this.timeout(300_000)
  let mariadb: Mariadb | undefined

  after(async () => mariadb?.stop())

  /** One server for all; each case has a database of its own. */
  async function database(name: string): Promise<{ server: Mariadb; store: string }> {
    mariadb ??= await startMariadb()
    await mariadb.run(`CREATE DATABASE ${name}`, `GRANT ALL ON ${name}.* TO dogwatch@'%'`)
    return { server: mariadb, store: mariadb.url.replace(/\/dogwatch$/, `/${name}`) }
  }

  for (const { make, ...channel } of [
    { ...webhook, make: recordWebhook },
    { ...file, make: recordFile },
  ]) {
    faultCase({
      ...{ area, fault: 'SQLite: the disk is full, and has room again', ...channel, expected: throughExpected },
      isLong: channel.channel === 'file',
      missing: () => (process.getuid?.() === 0 ? undefined : 'only root may mount a small filesystem'),
      record: () =>
        inLab(async (lab) => {
          await lab.add('people', make)
          const store = await smallDisk(lab)
          const filler = join(store, 'filler')
          return throughTrouble(lab, {
            store,
            breaks: () => runCommand('sh', ['-c', `dd if=/dev/zero of=${filler} bs=4k 2>/dev/null; true`]),
            mends: () => runCommand('rm', [filler]),
          })
        }),
    })
  }

  faultCase({
    ...{ area, fault: 'SQLite: the folder is taken away while it is in use', ...webhook, expected: throughExpected },
    record: () =>
      inLab(async (lab) => {
        await lab.add('people', recordWebhook)
        const away = join(lab.folder, 'away')
        // A file in its place: nothing can be made there.
        const breaks = async () => {
          await rename(lab.store, away)
          await writeFile(lab.store, 'in the way')
        }
        const mends = async () => {
          await rename(lab.store, join(lab.folder, 'not-in-the-way'))
          await rename(away, lab.store)
        }
        return throughTrouble(lab, { breaks, mends })
      }),
  })

  const missing = missingForMariadb
  faultCase({
    ...{ area, fault: 'MariaDB is killed, and started again', ...webhook, missing, expected: throughExpected },
    record: () =>
      inLab(async (lab) => {
        await lab.add('people', recordWebhook)
        const { server, store } = await database('killed')
        return throughTrouble(lab, { store, breaks: () => server.kill(), mends: () => server.start() })
      }),
  })

  faultCase({
    ...{ area, fault: 'MariaDB hangs, and goes on', ...webhook, missing, isLong: true, expected: throughExpected },
    record: () =>
      inLab(async (lab) => {
        await lab.add('people', recordWebhook)
        const { server, store } = await database('hung')
        return throughTrouble(lab, { store, breaks: () => server.pause(), mends: () => server.resume() })
      }),
  })

  faultCase({
    ...{ area, fault: 'MariaDB is away at the start, and comes later', ...webhook, missing, isLong: true },
    expected: 'told without it; once it is back first, resolved',
    record: () =>
      inLab(async (lab) => {
        await lab.add('people', recordWebhook)
        const { server, store } = await database('late')
        await server.kill()
        const first = lab.spawn({ store })
        first.fire('victim-before', people)
        await first.says('leading')
        await tells(lab, first, 'victim-during')
        await server.start()
        const isRepaired = () => first.words.some((word) => word.is === 'degraded' && word.why === undefined)
        await eventually('the log is repaired', isRepaired, 90_000, () => first.words)
        await first.drained()
        await first.kill()
        return `told without it; once it is back ${await heir(lab, ['victim-during'], store)}`
      }),
  })

  faultCase({
    ...{ area, fault: 'killed (-9) while MariaDB is away, with what was told in memory alone', ...file, missing },
    isLong: true,
    expected: 'told again by the next process, then resolved',
    record: () =>
      inLab(async (lab) => {
        const recorder = await lab.add('people', recordFile)
        const { server, store } = await database('forgotten')
        const first = await lab.start({ store })
        await server.kill()
        await tells(lab, first, 'victim')
        await first.kill()
        await server.start()
        await heir(lab, ['victim'], store)
        const heard = await heardOf(recorder, 'victim')
        const isAsPromised = /^first, first( \(possible repeat\))?, resolved$/.test(heard)
        return isAsPromised ? 'told again by the next process, then resolved' : heard
      }),
  })

  for (const engine of ['SQLite', 'MariaDB'] as const) {
    const needs = engine === 'MariaDB' ? { missing, isLong: true } : {}
    const storeOf = async (lab: FaultLab, name: string) =>
      engine === 'SQLite' ? lab.store : (await database(name)).store

    faultCase({
      ...{ area: 'two leaders', fault: `${engine}: asleep while another takes over, then awake with more to tell` },
      ...{ ...file, ...needs, expected: 'fenced; asleep nothing, the other first' },
      record: () =>
        inLab(async (lab) => {
          await lab.add('people', recordFile)
          const store = await storeOf(lab, 'asleep')
          const first = await lab.start({ store })
          await lab.mark(first, 'people')
          first.signal('SIGSTOP')
          const second = await lab.start({ store })
          second.fire('victim', people)
          await lab.mark(second, 'people')
          first.fire('victim-of-the-first', people)
          first.signal('SIGCONT')
          await first.says('fenced')
          await lab.mark(second, 'people')
          const [asleep, other] = [
            await heardOf(lab.recorder('people'), 'victim-of-the-first'),
            await heardOf(lab.recorder('people'), 'victim'),
          ]
          return `fenced; asleep ${asleep}, the other ${other}`
        }),
    })

    faultCase({
      ...{ area: 'two leaders', fault: `${engine}: asleep right after an intent, another takes over, then awake` },
      ...{ ...file, ...needs, expected: 'fenced; first (possible repeat)' },
      record: () =>
        inLab(async (lab) => {
          const recorder = await lab.add('people', recordFile)
          const store = await storeOf(lab, 'intent')
          const first = await lab.start({ store, sleepAt: 'after the intent', holdsMs: 1_000 })
          first.fire('victim', people)
          await first.asleep()
          // Longer than it may tell without having looked.
          await sleep(1_500)
          const second = await lab.start({ store })
          second.fire('victim', people)
          await lab.mark(second, 'people')
          first.fire('victim-of-the-first', people)
          first.signal('SIGCONT')
          await first.says('fenced')
          await lab.mark(second, 'people')
          return `fenced; ${await heardOf(recorder, 'victim')}`
        }),
    })

    faultCase({
      ...{ area: 'two leaders', fault: `${engine}: a second process with a lower epoch` },
      ...{ ...webhook, ...needs, expected: 'refused with STORE_FENCED; the leader tells first' },
      record: () =>
        inLab(async (lab) => {
          const recorder = await lab.add('people', recordWebhook)
          const store = await storeOf(lab, 'lower')
          const leader = await lab.start({ store, epoch: 10 })
          const rival = lab.spawn({ store, epoch: 9 })
          rival.fire('victim', people)
          const refused = await rival.says('refused')
          leader.fire('victim', people)
          await lab.mark(leader, 'people')
          const code = refused.is === 'refused' ? refused.code : ''
          return `refused with ${code}; the leader tells ${await heardOf(recorder, 'victim')}`
        }),
    })
  }
})

/** A filesystem of its own of 8 MB on a loopback device. */
async function smallDisk(lab: FaultLab): Promise<string> {
  const [image, place] = [join(lab.folder, 'disk'), join(lab.folder, 'small')]
  await mkdir(place)
  await mustRun('truncate', ['--size=8M', image])
  await mustRun('mkfs.ext4', ['-q', '-m', '0', image])
  await mustRun('mount', ['-o', 'loop', image, place])
  lab.onEnd(() => runCommand('umount', ['--lazy', place]))
  return place
}
