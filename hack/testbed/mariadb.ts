/**
 * A real MariaDB for a test: its own data folder and port, a database and a user, ended with the test's process. It can be
 * paused, killed and started again; then it has the same port and the same data.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import { findDebianProgram } from './debian.ts'
import { freePort } from './free-port.ts'
import { createAuthority } from './pki.ts'
import { mustRun } from './run-command.ts'

export interface MariadbOptions {
  /** The server has a certificate for this name of its own; absent: it speaks no TLS. */
  readonly tlsHost?: string
  /** More of its flags: `--innodb-ft-min-token-size=5`. */
  readonly flags?: readonly string[]
}

const readyWithinMs = 60_000
const host = '127.0.0.1'

/** Why there can be none here; undefined where there can. */
export function missingForMariadb(): string | undefined {
  const isThere = ['mariadbd', 'mariadb-install-db', 'my_print_defaults'].every((name) => findDebianProgram(name))
  return isThere ? undefined : 'MariaDB is not installed: run "hack/testbed/testbed build" as root'
}

export class Mariadb {
  readonly dir: string
  readonly port: number
  /** `mysql://user:password@host:port/database` of a user with all rights to an empty database. */
  readonly url: string
  readonly password = randomBytes(9).toString('hex')
  readonly #moreFlags: readonly string[]
  #process: ChildProcess | undefined

  constructor(dir: string, port: number, flags: readonly string[] = []) {
    this.dir = dir
    this.port = port
    this.#moreFlags = flags
    this.url = `mysql://dogwatch:${this.password}@${host}:${port}/dogwatch`
  }

  /** The authority of its certificate, where it has one. */
  get caFile(): string {
    return join(this.dir, 'ca.pem')
  }

  get #socket(): string {
    return join(this.dir, 'socket')
  }

  /** Starts it, again with the same data; resolves when it serves. */
  async start(): Promise<void> {
    const log = openSync(join(this.dir, 'log'), 'a')
    const program = findDebianProgram('mariadbd') ?? 'mariadbd'
    const stdio = ['ignore', log, log] as const
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...this.#flags()], { stdio: [...stdio] })
    closeSync(log)
    child.on('error', () => undefined)
    child.unref()
    this.#process = child
    const deadlineMs = performance.now() + readyWithinMs
    while (!(await this.#answers())) {
      if (child.exitCode !== null || performance.now() > deadlineMs) throw new Error(`mariadbd: ${this.#logTail()}`)
      await sleep(50)
    }
  }

  /** Stops it in its tracks: connections stay open and nothing answers. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.ref()
    child.kill(signal)
    await gone
  }

  /** Runs statements as the administrator. */
  async run(...statements: readonly string[]): Promise<unknown[]> {
    const connection = await createConnection({ socketPath: this.#socket, user: 'root' })
    try {
      const results: unknown[] = []
      for (const sql of statements) results.push((await connection.query(sql))[0])
      return results
    } finally {
      await connection.end()
    }
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.dir, { recursive: true, force: true })
  }

  #flags(): string[] {
    const certificate = join(this.dir, 'server.pem')
    const tls = [`--ssl-ca=${this.caFile}`, `--ssl-cert=${certificate}`, `--ssl-key=${join(this.dir, 'server.key')}`]
    return [
      ...['--no-defaults', '--user=root', `--datadir=${join(this.dir, 'data')}`, `--socket=${this.#socket}`],
      tmpFlag(this.dir),
      ...[`--bind-address=${host}`, `--port=${this.port}`, '--skip-log-bin', '--innodb-buffer-pool-size=32M'],
      ...['--innodb-log-file-size=16M', `--pid-file=${join(this.dir, 'pid')}`, '--skip-name-resolve'],
      ...(this.#hasTls ? tls : []),
      ...this.#moreFlags,
    ]
  }

  get #hasTls(): boolean {
    try {
      return readFileSync(this.caFile).length > 0
    } catch {
      return false
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.run('SELECT 1')
      return true
    } catch {
      return false
    }
  }

  #logTail(): string {
    return readFileSync(join(this.dir, 'log'), 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  }
}

/** A server that starts removes the temporary tables of every other that shares the folder. */
function tmpFlag(dir: string): string {
  return `--tmpdir=${join(dir, 'tmp')}`
}

/** Starts one with an empty database; about two seconds. */
export async function startMariadb({ tlsHost, flags: moreFlags }: MariadbOptions = {}): Promise<Mariadb> {
  const dir = await mkdtemp(join(tmpdir(), 'dogwatch-mariadb-'))
  const server = new Mariadb(dir, await freePort(), moreFlags)
  if (tlsHost !== undefined) await writeCertificates(dir, tlsHost)
  for (const folder of ['data', 'tmp']) await mkdir(join(dir, folder))
  const flags = ['--no-defaults', '--user=root', '--auth-root-authentication-method=normal', '--skip-test-db']
  const folders = [`--datadir=${join(dir, 'data')}`, tmpFlag(dir)]
  await mustRun(findDebianProgram('mariadb-install-db') ?? '', [...flags, ...folders])
  await server.start()
  await server.run(
    'CREATE DATABASE dogwatch',
    `CREATE USER dogwatch@'%' IDENTIFIED BY '${server.password}'`,
    "GRANT ALL ON dogwatch.* TO dogwatch@'%'",
  )
  return server
}

async function writeCertificates(dir: string, tlsHost: string): Promise<void> {
  const authority = createAuthority('mariadb-ca')
  const { certificate, key } = authority.issue({ commonName: tlsHost, hosts: [tlsHost] })
  await writeFile(join(dir, 'ca.pem'), authority.certificate)
  await writeFile(join(dir, 'server.pem'), certificate)
  await writeFile(join(dir, 'server.key'), key, { mode: 0o600 })
}
