/** A process with the pipeline, its log and its channels as the operator puts them together; alerts and receivers come from the test. */
import { writeSync } from 'node:fs'
import { type ChannelKind, type ChannelSpec, channels } from '../../../src/api/channels.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { OperatorError } from '../../../src/base/errors.ts'
import { createLogger } from '../../../src/base/log.ts'
import { noMetrics } from '../../../src/base/metrics.ts'
import { type ChannelSpecs, type ChannelSurroundings, createNotifier } from '../../../src/notify/channels/channels.ts'
import { createOutgoing } from '../../../src/notify/outgoing-http.ts'
import { Pipeline } from '../../../src/notify/pipeline.ts'
import { createPipelineMetrics } from '../../../src/notify/pipeline-metrics.ts'
import { atAnyHour, Receivers } from '../../../src/notify/receivers.ts'
import { openNotificationLog } from '../../../src/store/open-notification-log.ts'
import { testSecrets } from '../test-secrets.ts'
import { createReach, doom, doomedNotifier } from './doomed.ts'
import type { Order, PipelineSettings, Word } from './protocol.ts'

const settings = JSON.parse(process.argv[2] ?? '') as PipelineSettings
const namespace = 'ops'
const say = (word: Word) => process.send?.(word)
const reach = createReach(settings.dieAt, settings.sleepAt)
const log = doom(await openLog(settings.store), reach)
const secrets = testSecrets({})
const receivers = new Receivers()
const surroundings: ChannelSurroundings = {
  // Synchronous, so that a line is out when the process dies right after.
  writeLine: (line) => void writeSync(1, `${line}\n`),
  receiversFolder: settings.receiversFolder,
  secretsOf: () => secrets,
  outgoing: createOutgoing({ proxies: {}, allowLocalReceivers: true, clock: systemClock }),
  allowLocalReceivers: true,
  clock: systemClock,
}
const pipeline = new Pipeline({
  ...{ log, receivers, clock: systemClock, clusterName: 'blue' },
  logger: createLogger('info', { write: heardFromLogger }),
  metrics: createPipelineMetrics(noMetrics),
  ownConsole: { namespace, name: 'operator-console' },
  mayTell: mayTellFor(settings.holdsMs),
  isSilenced: () => false,
  describe: (alert) => alert,
  onTold: () => undefined,
  onLateStart: () => undefined,
  unshipped: () => [],
  onDegraded: (why) => say({ is: 'degraded', ...(why === undefined ? {} : { why }) }),
  onFenced: () => say({ is: 'fenced' }),
})
let versions = 0
process.on('message', (order: Order) => obey(order))
await start()

async function openLog(store: string) {
  if (!store.startsWith('mysql:')) return openNotificationLog({ engine: 'sqlite', folder: store })
  const settings = { url: () => store, tls: 'off' } as const
  return openNotificationLog({ engine: 'mysql', settings, clock: systemClock })
}

async function start(): Promise<void> {
  try {
    await pipeline.lead(settings.epoch)
  } catch (error) {
    say({ is: 'refused', code: error instanceof OperatorError ? error.code : 'UNKNOWN' })
    return
  }
  pipeline.open()
  say({ is: 'leading' })
}

/** As a Lease that is not taken again once it was lost. */
function mayTellFor(holdsMs: number | undefined): () => boolean {
  if (holdsMs === undefined) return () => true
  let lookedMs = performance.now()
  let isHeld = true
  const look = () => {
    isHeld = isHeld && performance.now() - lookedMs < holdsMs
    lookedMs = performance.now()
    return isHeld
  }
  setInterval(look, holdsMs / 4)
  return look
}

function obey(order: Order): void {
  if (order.do === 'put') pipeline.put(order.alert, order.route)
  else if (order.do === 'receiver') setReceiver(order.name, order.channel)
  else if (order.do === 'secret') changeSecret(order)
  else if (order.do === 'drain') void pipeline.drained().then(() => say({ is: 'drained' }))
  else {
    receivers.delete({ namespace, name: order.name })
    pipeline.forgetReceiver({ namespace, name: order.name })
  }
}

/** What waits is tried at once, as after the check of a Secret that has another value. */
function changeSecret({ name, key, value }: { name: string; key: string; value: string }): void {
  secrets.set({ name, key }, value)
}

function setReceiver(name: string, given: object): void {
  const [kind, raw] = Object.entries(given)[0] as [ChannelKind, object]
  const specs = { [kind]: channels[kind].parse(raw) as ChannelSpec<ChannelKind> } as ChannelSpecs
  const notifier = doomedNotifier(createNotifier(specs, { namespace, name }, surroundings), reach)
  versions += 1
  const place = { namespace, name, version: String(versions) }
  receivers.set({ ...place, channel: kind, notifier, hours: atAnyHour, isSharedWith: () => true })
}

function heardFromLogger(line: string): void {
  const { message, name, reason, error } = JSON.parse(line)
  if (message === 'Message not delivered') say({ is: 'failed', receiver: name, reason, message: error })
}
