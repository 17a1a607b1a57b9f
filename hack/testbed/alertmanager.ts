/** A real Alertmanager for tests, on a port of its own, with nothing that it would send to. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { alertmanager as artifact } from './artifacts/alertmanager.ts'
import { binaryPath, missingArtifacts } from './binaries.ts'

export const alertmanagerProgram = { binary: 'alertmanager', artifact }

const howToBuild = 'hack/testbed/testbed build'

export const isAlertmanagerBuilt = (): boolean => missingArtifacts([alertmanagerProgram]).length === 0

export interface AlertmanagerOptions {
  /** Its main configuration; by default one receiver that sends nowhere. */
  readonly config?: object
  /** Exporter-toolkit's web configuration: TLS, basic auth. */
  readonly web?: object
}

export interface Alertmanager {
  /** Without a path, such as `http://127.0.0.1:38123`. */
  readonly url: string
  /** Ends it; its folder goes with it. */
  stop(): Promise<void>
}

const readyWithinMs = 30_000
const nowhere = { route: { receiver: 'nowhere' }, receivers: [{ name: 'nowhere' }] }

export async function startAlertmanager({
  config = nowhere,
  web = {},
}: AlertmanagerOptions = {}): Promise<Alertmanager> {
  if (!isAlertmanagerBuilt()) throw new Error(`alertmanager is not built: ${howToBuild}`)
  const folder = await mkdtemp(join(tmpdir(), 'dogwatch-alertmanager-'))
  await writeFile(join(folder, 'alertmanager.yaml'), stringify(config))
  await writeFile(join(folder, 'web.yaml'), stringify(web))
  const process = start(folder)
  const stop = async () => {
    await end(process)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { url: await listening(process, `${'tls_server_config' in web ? 'https' : 'http'}`), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Running {
  readonly child: ChildProcess
  /** What it has logged so far. */
  log(): string
}

/** The kernel kills it when the test's process ends, however it ends. */
function start(folder: string): Running {
  const flags = [
    ['--config.file', join(folder, 'alertmanager.yaml')],
    ['--web.config.file', join(folder, 'web.yaml')],
    ['--storage.path', join(folder, 'data')],
    ['--web.listen-address', '127.0.0.1:0'],
  ].flatMap(([name, value]) => [`${name}=${value}`])
  const command = ['--pdeathsig', 'KILL', binaryPath(alertmanagerProgram), ...flags, '--cluster.listen-address=']
  const child = spawn('setpriv', command, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  child.on('error', (error) => {
    log += error.message
  })
  return { child, log: () => log }
}

/** It takes a free port and says which. */
async function listening({ child, log }: Running, scheme: string): Promise<string> {
  const deadlineMs = performance.now() + readyWithinMs
  while (performance.now() < deadlineMs && child.exitCode === null) {
    const address = /msg="Listening on" address=(\S+)/.exec(log())?.[1]
    if (address !== undefined) return `${scheme}://${address}`
    await sleep(20)
  }
  throw new Error(`alertmanager does not serve:\n${log()}`)
}

async function end({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
