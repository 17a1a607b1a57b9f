/**
 * What a node needs of the machine itself, and how all of it is undone: a bridge for pods, kernel settings, and what
 * containerd, kubelet, kube-proxy and the CNI plug-ins leave outside the cluster's folder.
 *
 * One node at a time runs on a machine (the registry sees to it), and never beside a kubelet that is not ours: so every
 * KUBE- and CNI- chain and the whole `kubepods` control group are ours to remove.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rm, rmdir, unlink, writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { isBuilt } from './artifact.ts'
import { containerd } from './artifacts/containerd.ts'
import { nodeAddress } from './cluster-files.ts'
import { debianProgram, missingNodePackages } from './debian.ts'
import { signalProcess } from './processes.ts'
import { mustRun, runCommand } from './run-command.ts'

export const bridgeName = 'dogwatch0'
export const podNetwork = '10.244.0.0/24'
export const networkName = 'dogwatch-testbed'

/** Sockets have short paths only, however long the cluster's folder is. */
export const nodeSocketFolder = '/run/dogwatch-testbed'
export const containerdSocket = join(nodeSocketFolder, 'containerd.sock')

export type NodeAbility = { readonly ok: true } | { readonly ok: false; readonly reason: string }

const capabilityBits = { 'network administration': 12, 'system administration': 21 }

function missingCapabilities(): string[] {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  const effective = BigInt(`0x${line?.[1] ?? '0'}`)
  return Object.entries(capabilityBits)
    .filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name)
}

const isOwnNodeHere = (): boolean => existsSync(nodeSocketFolder)

const isAddressTaken = (): boolean =>
  Object.entries(networkInterfaces()).some(
    ([name, addresses]) => name !== bridgeName && addresses?.some(({ address }) => address.startsWith('10.244.0.')),
  )

/** Whether this machine could run a node once everything is built and installed. */
export function couldRunNode(): NodeAbility {
  if (process.platform !== 'linux') return { ok: false, reason: 'a node needs Linux' }
  if (process.getuid?.() !== 0) return { ok: false, reason: 'a node needs root' }
  const capabilities = missingCapabilities()
  if (capabilities.length > 0) return { ok: false, reason: `the right to ${capabilities.join(' and ')} is missing` }
  if (!readFileSync('/proc/filesystems', 'utf8').includes('overlay')) {
    return { ok: false, reason: 'the kernel has no overlay file system' }
  }
  return { ok: true }
}

/** Whether a node can run here now; the reason is for a skipped test's name. */
export function canRunNode(): NodeAbility {
  const ability = couldRunNode()
  if (!ability.ok) return ability
  const packages = missingNodePackages()
  if (packages.length > 0) return { ok: false, reason: `${packages.join(', ')} missing: run "testbed build --node"` }
  if (!isBuilt(containerd)) return { ok: false, reason: 'containerd is not built: run "testbed build --node"' }
  if (isAddressTaken()) return { ok: false, reason: `another interface has an address in ${podNetwork}` }
  if (!isOwnNodeHere() && podControlGroups().length > 0) return { ok: false, reason: 'another kubelet runs pods here' }
  return { ok: true }
}

/** Kernel settings that the node changes; what they were is kept beside the cluster. */
const changedSettings = [
  'net/ipv4/ip_forward',
  'net/ipv4/conf/all/route_localnet',
  'net/netfilter/nf_conntrack_max',
  'net/netfilter/nf_conntrack_tcp_timeout_established',
  'net/netfilter/nf_conntrack_tcp_timeout_close_wait',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
] as const

/** What the changed kernel settings were, while a node runs. */
export const settingsFile = join(nodeSocketFolder, 'settings.json')

async function keepSettings(): Promise<void> {
  const readable = changedSettings.filter((name) => existsSync(`/proc/sys/${name}`))
  const entries = readable.map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8').trim()])
  await writeFile(settingsFile, JSON.stringify(Object.fromEntries(entries)))
}

async function restoreSettings(): Promise<void> {
  if (!existsSync(settingsFile)) return
  const settings = JSON.parse(await readFile(settingsFile, 'utf8')) as Record<string, string>
  for (const [name, value] of Object.entries(settings)) await writeFile(`/proc/sys/${name}`, value)
}

const ip = (...args: readonly string[]) => mustRun(debianProgram('ip'), args)

/** Makes the bridge that pods and the API server are on. */
export async function prepareHost(): Promise<void> {
  await mkdir(nodeSocketFolder, { mode: 0o700 })
  await keepSettings()
  await ip('link', 'add', bridgeName, 'type', 'bridge')
  await ip('address', 'add', `${nodeAddress}/24`, 'dev', bridgeName)
  await ip('link', 'set', bridgeName, 'up')
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1')
}

/** Every control group below `kubepods`, the deepest first; there is one tree for each version 1 controller. */
function podControlGroups(): string[] {
  const root = '/sys/fs/cgroup'
  const trees = [root, ...readdirSync(root).map((name) => join(root, name))].map((tree) => join(tree, 'kubepods'))
  return trees.filter((tree) => existsSync(tree)).flatMap(controlGroupsBelow)
}

function controlGroupsBelow(folder: string): string[] {
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => controlGroupsBelow(join(folder, entry.name)))
  return [...below, folder]
}

function podProcesses(): number[] {
  const lists = podControlGroups().map((group) => readFileSync(join(group, 'cgroup.procs'), 'utf8'))
  return lists.flatMap((list) => list.split('\n').filter((pid) => pid !== '')).map(Number)
}

/** Ends every process in a pod; gives how many there were. */
export function killPodProcesses(): number {
  const pids = podProcesses()
  for (const pid of pids) signalProcess(pid, 'SIGKILL')
  return pids.length
}

/** Firewall rules without those of kubelet, kube-proxy and the CNI plug-ins, as iptables-save writes them. */
export function withoutOwnRules(saved: string): string {
  return saved
    .split('\n')
    .filter((line) => !/\b(KUBE|CNI)-[A-Z]/.test(line))
    .join('\n')
}

async function clearFirewall(): Promise<void> {
  const folder = dirname(debianProgram('iptables'))
  for (const command of ['iptables', 'ip6tables']) {
    const saved = await runCommand(join(folder, `${command}-save`), [])
    const kept = withoutOwnRules(saved.stdout)
    if (kept !== saved.stdout) await mustRun(join(folder, `${command}-restore`), [], { input: kept })
  }
}

async function removeIfEmpty(...folders: readonly string[]): Promise<void> {
  // Fails, rightly, when something of somebody else's is in it.
  for (const folder of folders) await rmdir(folder).catch(() => undefined)
}

const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : [])

/** Links to pods' logs that kubelet makes for log collectors. */
async function clearLogLinks(dir: string): Promise<void> {
  const folder = '/var/log/containers'
  for (const name of await namesIn(folder)) {
    const link = join(folder, name)
    if ((await readlink(link).catch(() => '')).startsWith(`${dir}/`)) await unlink(link)
  }
  await removeIfEmpty(folder)
}

/** What the CNI plug-ins answered for each pod, kept by containerd. */
async function clearNetworkResults(dir: string): Promise<void> {
  const folder = '/var/lib/cni/results'
  for (const name of await namesIn(folder)) {
    const file = join(folder, name)
    if ((await readFile(file, 'utf8')).includes(`${dir}/`)) await rm(file)
  }
  await removeIfEmpty(folder, dirname(folder))
}

/** kubelet's socket for device plug-ins lies there whatever its root folder is. */
async function clearDevicePlugins(): Promise<void> {
  const folder = '/var/lib/kubelet/device-plugins'
  for (const name of ['kubelet.sock', 'kubelet_internal_checkpoint']) await rm(join(folder, name), { force: true })
  await removeIfEmpty(folder, dirname(folder))
}

/** Undoes `prepareHost` and everything that a node's parts did to the machine. Its processes must be gone. */
export async function clearHost(dir: string): Promise<void> {
  await clearFirewall()
  await runCommand(debianProgram('ip'), ['link', 'delete', bridgeName])
  for (const group of podControlGroups()) await rmdir(group)
  await clearLogLinks(dir)
  await clearNetworkResults(dir)
  await clearDevicePlugins()
  await restoreSettings()
  await rm(nodeSocketFolder, { recursive: true, force: true })
}
