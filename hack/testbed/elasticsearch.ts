/**
 * A real Elasticsearch for a test: one server with a folder and a port of its own. It ends with the test's process, however
 * that ends. It can be paused, killed and started again; then it has the same port and the same data. Its security is
 * switched off, so what concerns credentials is tested with a proxy before it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { artifactFolder, isBuilt } from './artifact.ts'
import { elasticsearch as artifact } from './artifacts/elasticsearch.ts'
import { freePort } from './free-port.ts'
import {
  isRunning,
  killProcessesOf,
  markVariable,
  type ProcessIdentity,
  processesOf,
  processIdentity,
  signalProcess,
} from './processes.ts'

export interface ElasticsearchOptions {
  /** Of the Java heap; 512 by default. */
  readonly heapMb?: number
  /** The compiler and collector that it has in production, for measurements; by default those that start quickest. */
  readonly isTuned?: boolean
}

const readyWithinMs = 180_000
const host = '127.0.0.1'
const leastJava = 17
const folderPrefix = 'dogwatch-elasticsearch-'

/** As root it runs as somebody else inside a user namespace, because it refuses root. */
const asSomebody = ['unshare', '--user', '--map-user=1000', '--map-group=1000']

function succeeds(file: string, ...args: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0
}

const isRoot = (): boolean => process.getuid?.() === 0

function javaVersion(): number {
  const { stdout, stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' })
  return error === undefined ? Number(/version "(\d+)/.exec(stdout + stderr)?.[1] ?? 0) : 0
}

/** Why it cannot be fetched or run on this machine, whether or not it is in the cache; undefined where it can. */
export function obstacleToElasticsearch(): string | undefined {
  if (javaVersion() < leastJava) return `Elasticsearch takes Java ${leastJava} or newer, and "java" is not on PATH`
  if (isRoot() && !succeeds(asSomebody[0]!, ...asSomebody.slice(1), 'true'))
    return 'Elasticsearch does not run as root, and user namespaces are not allowed here'
  if (!isBuilt(artifact) && !succeeds('mvn', '--version'))
    return 'Elasticsearch is fetched with Maven, and "mvn" is not on PATH'
  return undefined
}

/** Why there can be none here; undefined where there can. */
export function missingForElasticsearch(): string | undefined {
  const obstacle = obstacleToElasticsearch()
  if (obstacle !== undefined) return obstacle
  return isBuilt(artifact) ? undefined : 'Elasticsearch is not built: run "hack/testbed/testbed build"'
}

export class Elasticsearch {
  readonly dir: string
  readonly port: number
  readonly #options: ElasticsearchOptions

  constructor(dir: string, port: number, options: ElasticsearchOptions = {}) {
    this.dir = dir
    this.port = port
    this.#options = options
  }

  get url(): string {
    return `http://${host}:${this.port}`
  }

  /** Starts it, again with the same data; resolves when it serves. */
  async start(): Promise<void> {
    const log = openSync(join(this.dir, 'log'), 'a')
    const program = join(artifactFolder(artifact), 'server/bin/elasticsearch')
    const command = [...(isRoot() ? asSomebody : []), 'setpriv', '--pdeathsig', 'KILL', program]
    // The server reads its launcher's death from standard input, so it has one.
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', log, log], env: this.#environment() })
    closeSync(log)
    child.on('error', () => undefined)
    child.unref()
    const deadlineMs = performance.now() + readyWithinMs
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > deadlineMs)
        throw new Error(`elasticsearch: ${this.#logTail()}`)
      await sleep(100)
    }
  }

  /** Stops it in its tracks: connections stay open and nothing answers. */
  pause(): void {
    for (const pid of processesOf(this.dir)) signalProcess(pid, 'SIGSTOP')
  }

  resume(): void {
    for (const pid of processesOf(this.dir)) signalProcess(pid, 'SIGCONT')
  }

  /** As if the machine had lost its power: resolves when it is gone. */
  kill(): Promise<void> {
    return killProcessesOf(this.dir)
  }

  /** Asks it something; rejects where the answer is an error. */
  async request<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.url}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} /${path}: ${answer.status} ${text.slice(0, 500)}`)
    return (text === '' ? {} : JSON.parse(text)) as T
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.dir, { recursive: true, force: true })
  }

  #environment(): NodeJS.ProcessEnv {
    const heap = `${this.#options.heapMb ?? 512}m`
    return {
      PATH: process.env.PATH,
      HOME: this.dir,
      [markVariable]: this.dir,
      ES_JAVA_HOME: process.env.JAVA_HOME ?? javaHome(),
      ES_PATH_CONF: join(this.dir, 'config'),
      ES_TMPDIR: join(this.dir, 'tmp'),
      ES_JAVA_OPTS: `-Xms${heap} -Xmx${heap} -XX:-AlwaysPreTouch`,
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.request('GET', '_cluster/health?wait_for_status=yellow&timeout=1s')
      return true
    } catch {
      return false
    }
  }

  #logTail(): string {
    return readFileSync(join(this.dir, 'log'), 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  }
}

/** Where the `java` on PATH lives: two folders above the program itself. */
function javaHome(): string {
  const folders = (process.env.PATH ?? '').split(':')
  const program = folders.map((folder) => join(folder, 'java')).find((path) => existsSync(path)) ?? ''
  return dirname(dirname(realpathSync(program)))
}

/** Starts an empty one; about ten seconds. */
export async function startElasticsearch(options: ElasticsearchOptions = {}): Promise<Elasticsearch> {
  await removeStale()
  const dir = await mkdtemp(join(tmpdir(), folderPrefix))
  await writeFile(join(dir, 'owner'), JSON.stringify(processIdentity(process.pid)))
  const server = new Elasticsearch(dir, await freePort(), options)
  for (const folder of ['config', 'data', 'logs', 'tmp']) await mkdir(join(dir, folder))
  for (const [name, text] of Object.entries(configuration(server, options))) {
    await writeFile(join(dir, 'config', name), text)
  }
  try {
    await server.start()
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** What a test that was killed left in the folder for temporary files. */
async function removeStale(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(folderPrefix))
  for (const dir of names.map((name) => join(tmpdir(), name))) {
    const owner = ownerOf(dir)
    if (owner === undefined || isRunning(owner)) continue
    await killProcessesOf(dir)
    await rm(dir, { recursive: true, force: true })
  }
}

/** Undefined while somebody makes or removes the folder. */
function ownerOf(dir: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(dir, 'owner'), 'utf8'))
  } catch {
    return undefined
  }
}

const quickJava = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const tunedJava = ['-XX:+UseG1GC']

function configuration({ dir, port }: Elasticsearch, { isTuned }: ElasticsearchOptions): Record<string, string> {
  const settings = {
    'cluster.name': 'testbed',
    'node.name': 'testbed',
    'path.data': join(dir, 'data'),
    'path.logs': join(dir, 'logs'),
    'http.host': host,
    'http.port': port,
    'transport.host': host,
    'transport.port': 0,
    'discovery.type': 'single-node',
    'xpack.security.enabled': false,
    'cluster.routing.allocation.disk.threshold_enabled': false,
  }
  const java = [...(isTuned ? tunedJava : quickJava), '-XX:+ExitOnOutOfMemoryError']
  const lines = (texts: readonly string[]) => `${texts.join('\n')}\n`
  return {
    'elasticsearch.yml': lines(Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)),
    'jvm.options': lines([...java, `-Djava.io.tmpdir=${join(dir, 'tmp')}`]),
    'log4j2.properties': lines([
      'appender.console.type = Console',
      'appender.console.name = console',
      'appender.console.layout.type = PatternLayout',
      'appender.console.layout.pattern = %d{ISO8601} %p %c{1.} %m%n',
      'rootLogger.level = warn',
      'rootLogger.appenderRef.console.ref = console',
    ]),
  }
}
