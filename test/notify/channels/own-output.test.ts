/** The channels that write where the operator runs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConsoleNotifier } from '../../../src/notify/channels/console.ts'
import { createFileNotifier } from '../../../src/notify/channels/file.ts'
import { channelContract } from './contract.ts'

channelContract(
  'console',
  { promise: 'atLeastOnce', logs: 'end', named: 50, hasServer: false, isText: true },
  async () => {
    const written: string[] = []
    return {
      notifier: createConsoleNotifier((text) => written.push(text)),
      received: async () => written.join('\n'),
      told: async () => written.length,
      secrets: [],
      stop: async () => undefined,
    }
  },
)

channelContract('file', { promise: 'atLeastOnce', logs: 'whole', named: 50, hasServer: false }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dogwatch-file-'))
  const lines = async () => (await readFile(join(folder, 'a.log'), 'utf8').catch(() => '')).split('\n').slice(0, -1)
  return {
    notifier: createFileNotifier({ folder, path: 'a.log', maxBytes: 100_000_000, maxFiles: 2 }),
    received: async () => (await lines()).map((line) => JSON.stringify(JSON.parse(line))).join('\n'),
    told: async () => (await lines()).length,
    secrets: [],
    stop: () => rm(folder, { recursive: true }),
  }
})
