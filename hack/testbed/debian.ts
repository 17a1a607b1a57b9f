/** The Debian packages that a node needs, and servers that tests run against. */
import { existsSync } from 'node:fs'
import { mustRun } from './run-command.ts'

/** A program or folder that shows that the package is there, whoever put it there. */
const nodePackages: Readonly<Record<string, readonly string[]>> = {
  runc: ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc'],
  'containernetworking-plugins': ['/usr/lib/cni/bridge'],
  iptables: ['/usr/sbin/iptables', '/sbin/iptables'],
  iproute2: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'],
  conntrack: ['/usr/sbin/conntrack', '/usr/bin/conntrack'],
  'busybox-static': ['/usr/bin/busybox', '/bin/busybox'],
}

/** Packages with programs alone: no service is set up, nothing is started. The client's has a tool that the server's installation calls. */
const serverPackages: Readonly<Record<string, readonly string[]>> = {
  'mariadb-server-core': ['/usr/sbin/mariadbd', '/usr/bin/mariadb-install-db'],
  'mariadb-client-core': ['/usr/bin/my_print_defaults'],
  // A library that moves the clock of one process.
  libfaketime: ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`),
}

function missingOf(packages: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.keys(packages).filter((name) => !packages[name]!.some((path) => existsSync(path)))
}

export const missingNodePackages = (): string[] => missingOf(nodePackages)

/** The path of a program of these packages; undefined where it is not installed. */
export function findDebianProgram(name: string): string | undefined {
  const paths = Object.values({ ...nodePackages, ...serverPackages }).flat()
  return paths.find((path) => path.endsWith(`/${name}`) && existsSync(path))
}

/** The library that gives a process a clock of its own when it is loaded first; undefined where it is not installed. */
export const findFaketime = (): string | undefined => findDebianProgram('libfaketime.so.1')

/** The path of `runc`, `iptables`, `ip`, `conntrack` or `busybox`. */
export function debianProgram(name: string): string {
  const found = findDebianProgram(name)
  if (found === undefined) throw new Error(`${name} is not installed: run "hack/testbed/testbed build --node"`)
  return found
}

export const networkPluginFolder = '/usr/lib/cni'

/** Installs the packages that are missing; needs root. */
export function installNodePackages(say: (line: string) => void): Promise<void> {
  return install(missingNodePackages(), say)
}

/** Where they cannot be installed, the tests that need them are skipped. */
export async function installServerPackages(say: (line: string) => void): Promise<void> {
  const missing = missingOf(serverPackages)
  const isPossible = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (missing.length === 0) return
  if (isPossible) await install(missing, say)
  else say(`Not installed, which takes root on Debian: ${missing.join(', ')}`)
}

async function install(missing: readonly string[], say: (line: string) => void): Promise<void> {
  if (missing.length === 0) return
  say(`Installing ${missing.join(', ')} (about 30 s, once)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await mustRun('apt-get', ['update', '--quiet'], { env })
  await mustRun('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', ...missing], { env })
}
