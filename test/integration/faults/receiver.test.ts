/**
 * Receivers that fail in every way, and are mended: what was to be told comes then, once, and nobody else waited for it. Each
 * case tells another receiver too, in a file, while the first one fails.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, createAuthority } from '../../../hack/testbed/pki.ts'
import { eventually } from '../../support/eventually.ts'
import { faultCase } from '../../support/faults/fault-case.ts'
import { type FaultLab, inLab } from '../../support/faults/fault-lab.ts'
import { type Gate, type GateState, startGate } from '../../support/faults/gate.ts'
import type { PipelineProcess } from '../../support/faults/pipeline-process.ts'
import { heardOf, type Recorder } from '../../support/faults/recorder.ts'
import {
  recordEmail,
  recordFile,
  recordPagerduty,
  recordTeams,
  recordWebhook,
  type WebhookRecorder,
} from '../../support/faults/recorders.ts'
import { type ReceiverFault, startReceiverServer } from '../../support/receiver-server.ts'

const area = 'receivers that fail'
const webhook = { channel: 'webhook', promise: 'once where the receiver honours the key' }
const to = ['people', 'others']
const portOf = (url: string): number => Number(new URL(url).port)

interface Scene {
  readonly lab: FaultLab
  readonly people: Recorder
  readonly process: PipelineProcess
}

/** Fires at a receiver that fails, sees the failure, mends it; gives what both receivers heard, and the first failure. */
async function tellBroken({ lab, people, process }: Scene, mend: () => Promise<void> | void): Promise<string> {
  process.fire('victim', { to })
  await lab.heard('others', 'victim', 'first')
  const failure = await eventually(
    'a failure',
    () => process.failures[0],
    60_000,
    () => process.words,
  )
  const meanwhile = (await heardOf(lab.recorder('others'), 'victim')) === 'first' ? 'others told' : 'others wait'
  await mend()
  await lab.heard('people', 'victim', 'first', 60_000)
  await lab.mark(process, 'people')
  return `${failure.reason}; ${meanwhile}; then ${await heardOf(people, 'victim')}`
}

async function withWebhook(work: (scene: Scene & { readonly people: WebhookRecorder }) => Promise<string>) {
  return inLab(async (lab) => {
    const people = await lab.add('people', recordWebhook)
    await lab.add('others', recordFile)
    return work({ lab, people, process: await lab.start() })
  })
}

/** The webhook behind a gate. */
async function withGate(work: (scene: Scene, gate: Gate) => Promise<string>): Promise<string> {
  return withWebhook(async ({ lab, people, process }) => {
    const gate = await gateTo(lab, portOf(people.server.url))
    process.receiver('people', { webhook: { url: `http://127.0.0.1:${gate.port}/in` } })
    return work({ lab, people, process }, gate)
  })
}

async function gateTo(lab: FaultLab, port: number): Promise<Gate> {
  const gate = await startGate(port)
  lab.onEnd(() => gate.stop())
  return gate
}

describe('receivers that fail', function () {
  this.timeout(180_000)
  const gateCases: readonly { state: GateState; fault: string; reason: string; isLong?: boolean }[] = [
    { state: 'closed', fault: 'refuses connections', reason: 'network' },
    { state: 'reset', fault: 'resets connections', reason: 'network' },
    { state: 'half-closed', fault: 'half-closed: ends its side of the connection at once', reason: 'network' },
    { state: 'answers lost', fault: 'takes the message, the answer is lost', reason: 'network' },
    { state: 'answers cut', fault: 'begins its answer and breaks off', reason: 'network', isLong: true },
    { state: 'silent', fault: 'takes the connection and nothing else', reason: 'timeout', isLong: true },
  ]
  for (const { state, fault, reason, isLong = false } of gateCases) {
    faultCase({
      ...{ area, fault, ...webhook, isLong, expected: `${reason}; others told; then first` },
      record: () =>
        withGate(async (scene, gate) => {
          await gate.set(state)
          return tellBroken(scene, () => gate.set('open'))
        }),
    })
  }

  faultCase({
    ...{ area, fault: 'answers three seconds late', ...webhook, expected: 'first; others told meanwhile; no failure' },
    record: () =>
      withGate(async ({ lab, people, process }, gate) => {
        await gate.set('slow')
        process.fire('victim', { to })
        await lab.heard('others', 'victim', 'first')
        const meanwhile = process.failures.length === 0 ? 'others told meanwhile' : 'failed'
        await lab.mark(process, 'people')
        const failures = process.failures.length === 0 ? 'no failure' : 'failures'
        return `${await heardOf(people, 'victim')}; ${meanwhile}; ${failures}`
      }),
  })

  const answerCases: readonly { answer: ReceiverFault; fault: string; reason: string; isLong?: boolean }[] = [
    { answer: { status: 500 }, fault: 'answers 500', reason: 'server' },
    { answer: { status: 502 }, fault: 'answers 502 from a gateway', reason: 'server', isLong: true },
    { answer: { status: 503 }, fault: 'answers 503', reason: 'server', isLong: true },
    { answer: { status: 429 }, fault: 'answers 429 without Retry-After', reason: 'rateLimited' },
    { answer: { status: 404 }, fault: 'answers 404', reason: 'client', isLong: true },
    { answer: { status: 401 }, fault: 'answers 401', reason: 'auth', isLong: true },
    { answer: 'hang', fault: 'takes the message and never answers', reason: 'timeout' },
    { answer: 'close', fault: 'takes the message and closes the connection', reason: 'network' },
  ]
  for (const { answer, fault, reason, isLong = false } of answerCases) {
    faultCase({
      ...{ area, fault, ...webhook, isLong, expected: `${reason}; others told; then first` },
      record: () =>
        withWebhook((scene) => {
          scene.people.server.fault = answer
          return tellBroken(scene, () => {
            scene.people.server.fault = undefined
          })
        }),
    })
  }

  faultCase({
    ...{ area, fault: 'answers 429 with Retry-After: 4', ...webhook },
    expected: 'rateLimited; others told; then first; not before 4 s',
    record: () =>
      withWebhook(async (scene) => {
        scene.people.server.fault = { status: 429, headers: { 'retry-after': '4' } }
        let failedMs = 0
        const told = await tellBroken(scene, () => {
          failedMs = performance.now()
          scene.people.server.fault = undefined
        })
        // A little less: the test saw the failure after the pipeline did.
        return `${told}; ${performance.now() - failedMs > 3_800 ? 'not before 4 s' : 'too early'}`
      }),
  })

  faultCase({
    ...{ area, fault: 'is over before the receiver is mended', ...webhook, expected: 'rateLimited; then nothing' },
    record: () =>
      withWebhook(async ({ lab, people, process }) => {
        people.server.fault = { status: 429 }
        process.fire('victim', { to: ['people'] })
        const { reason } = await eventually('a failure', () => process.failures[0])
        process.resolve('victim', { to: ['people'] })
        people.server.fault = undefined
        await lab.mark(process, 'people', 60_000)
        return `${reason}; then ${await heardOf(people, 'victim')}`
      }),
  })

  const authority = createAuthority('test')
  const certificateCases: readonly { fault: string; first: () => Certificate }[] = [
    {
      fault: 'TLS certificate expired',
      first: () => authority.issue({ commonName: 'localhost', hosts: ['localhost'], validSeconds: -1 }),
    },
    {
      fault: 'TLS certificate for another name',
      first: () => authority.issue({ commonName: 'other', hosts: ['other.test'] }),
    },
    {
      fault: 'TLS certificate of an unknown authority',
      first: () => createAuthority('stranger').issue({ commonName: 'localhost', hosts: ['localhost'] }),
    },
  ]
  for (const { fault, first } of certificateCases) {
    faultCase({
      ...{ area, fault, ...webhook, expected: 'network; others told; then first' },
      record: () =>
        withGate(async (scene, gate) => {
          await gate.present(first())
          const caSecretRef = { name: 'authority', key: 'ca.crt' }
          scene.process.order({ do: 'secret', ...caSecretRef, value: authority.certificate })
          scene.process.receiver('people', { webhook: { url: `https://localhost:${gate.port}/in`, caSecretRef } })
          const good = () => authority.issue({ commonName: 'localhost', hosts: ['localhost'] })
          return tellBroken(scene, () => gate.present(good()))
        }),
    })
  }

  faultCase({
    ...{ area, fault: 'wrong credentials, then the Secret is rotated', ...webhook },
    expected: 'auth; others told; then first',
    record: () =>
      withWebhook(async (scene) => {
        const secret = { name: 'people', key: 'authorization' }
        const url = await refusingUnless(scene, 'Bearer new')
        scene.process.order({ do: 'secret', ...secret, value: 'Bearer old' })
        scene.process.receiver('people', {
          webhook: { url, headers: [{ name: 'Authorization', valueSecretRef: secret }] },
        })
        return tellBroken(scene, () => scene.process.order({ do: 'secret', ...secret, value: 'Bearer new' }))
      }),
  })

  faultCase({
    ...{ area, fault: 'its name is gone from DNS, and back', ...webhook, expected: 'network; others told; then first' },
    missing: () => (process.getuid?.() === 0 ? undefined : 'only root may give a process names of its own'),
    record: () =>
      inLab(async (lab) => {
        const people = await lab.add('people', recordWebhook)
        await lab.add('others', recordFile)
        const hosts = join(lab.folder, 'hosts')
        writeFileSync(hosts, '127.0.0.1 localhost\n')
        const own = `mount --bind ${hosts} /etc/hosts && exec "$@"`
        const child = await lab.start({ under: ['unshare', '--mount', 'sh', '-c', own, 'sh'] })
        child.receiver('people', { webhook: { url: `http://people.test:${portOf(people.server.url)}/in` } })
        return tellBroken({ lab, people, process: child }, () =>
          writeFileSync(hosts, '127.0.0.1 localhost\n127.0.0.1 people.test\n'),
        )
      }),
  })

  const others: readonly {
    channel: string
    promise: string
    fault: string
    reason: string
    make: () => Promise<Broken>
  }[] = [
    {
      ...{ channel: 'pagerduty', promise: 'once', fault: 'answers 429 with Retry-After', reason: 'rateLimited' },
      make: async () => brokenBy(await recordPagerduty(), { status: 429, headers: { 'retry-after': '2' } }),
    },
    {
      ...{ channel: 'pagerduty', promise: 'once', fault: 'answers 500', reason: 'server' },
      make: async () => brokenBy(await recordPagerduty(), { status: 500 }),
    },
    {
      ...{
        channel: 'pagerduty',
        promise: 'once',
        fault: 'takes the event and closes the connection',
        reason: 'network',
      },
      make: async () => brokenBy(await recordPagerduty(), 'close'),
    },
    {
      ...{ channel: 'teams', promise: 'at least once', fault: 'answers 429 with Retry-After', reason: 'rateLimited' },
      make: async () => brokenBy(await recordTeams(), { status: 429, headers: { 'retry-after': '2' } }),
    },
  ]
  for (const { make, reason, ...rest } of others) {
    faultCase({
      ...{ area, ...rest, isLong: true, expected: `${reason}; others told; then first` },
      record: () =>
        inLab(async (lab) => {
          const { recorder, mend } = await make()
          const people = await lab.add('people', async () => recorder)
          await lab.add('others', recordFile)
          return tellBroken({ lab, people, process: await lab.start() }, mend)
        }),
    })
  }

  const email = { channel: 'email', promise: 'at least once' }
  const mailGateCases: readonly { state: GateState; fault: string; reason: string }[] = [
    { state: 'closed', fault: 'the mail server refuses connections', reason: 'network' },
    { state: 'half-closed', fault: 'the mail server ends its side of the connection at once', reason: 'network' },
    { state: 'silent', fault: 'the mail server takes the connection and says nothing', reason: 'timeout' },
  ]
  for (const { state, fault, reason } of mailGateCases) {
    faultCase({
      ...{ area, fault, ...email, isLong: state !== 'closed', expected: `${reason}; others told; then first` },
      record: () =>
        inLab(async (lab) => {
          const people = await lab.add('people', recordEmail)
          await lab.add('others', recordFile)
          const process = await lab.start()
          const { email: spec } = people.channel as { email: { port: number } }
          const gate = await gateTo(lab, spec.port)
          await gate.set(state)
          process.receiver('people', { email: { ...spec, port: gate.port } })
          return tellBroken({ lab, people, process }, () => gate.set('open'))
        }),
    })
  }
})

interface Broken {
  readonly recorder: Recorder
  readonly mend: () => void
}

/** A recorder whose server fails until it is mended. */
function brokenBy<R extends { fault?: unknown }>(
  recorder: Recorder & { readonly server: R },
  fault: R['fault'],
): Broken {
  recorder.server.fault = fault
  return {
    recorder,
    mend: () => {
      recorder.server.fault = undefined
    },
  }
}

/** A receiver in front of the recorder that wants this header. */
async function refusingUnless({ lab, people }: Scene & { people: WebhookRecorder }, authorization: string) {
  const guard = await startReceiverServer(async ({ headers, body }) => {
    if (headers.authorization !== authorization) return { status: 401, body: 'who are you' }
    const key = String(headers['idempotency-key'])
    const passed = await fetch(people.server.url, { method: 'POST', body, headers: { 'idempotency-key': key } })
    return { status: passed.status, body: '' }
  })
  lab.onEnd(() => guard.stop())
  return guard.url
}
