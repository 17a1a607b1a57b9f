/** The Debian packages that a node needs. */
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

export const missingNodePackages = (): string[] =>
  Object.keys(nodePackages).filter((name) => !nodePackages[name]!.some((path) => existsSync(path)))

/** The path of `runc`, `iptables`, `ip`, `conntrack` or `busybox`. */
export function debianProgram(name: string): string {
  const paths = Object.values(nodePackages).flat()
  const found = paths.find((path) => path.endsWith(`/${name}`) && existsSync(path))
  if (found === undefined) throw new Error(`${name} is not installed: run "hack/testbed/testbed build --node"`)
  return found
}

export const networkPluginFolder = '/usr/lib/cni'

/** Installs the packages that are missing; needs root. */
export async function installNodePackages(say: (line: string) => void): Promise<void> {
  const missing = missingNodePackages()
  if (missing.length === 0) return
  say(`Installing ${missing.join(', ')} (about 30 s, once)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await mustRun('apt-get', ['update', '--quiet'], { env })
  await mustRun('apt-get', ['install', '--quiet', '--yes', '--no-install-recommends', ...missing], { env })
}
