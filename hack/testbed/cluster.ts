/**
 * A Kubernetes control plane of real parts, for tests: `startCluster` gives one in a few seconds, `stop` removes it.
 *
 * The parts of a cluster die with the process that started it. What they leave when that process is killed (a folder,
 * and with a node mounts and firewall rules) is cleared by the next `startCluster` or `testbed` command of this machine.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { artifactFolder } from './artifact.ts'
import { binaryPath, kubectlProgram, missingArtifacts } from './binaries.ts'
import { type ClusterFiles, clusterFiles, nodeAddress, writeClusterFiles } from './cluster-files.ts'
import { createHttpClient, type RequestOptions, type SendRequest } from './http-client.ts'
import type { HttpAnswer, PartContext } from './part.ts'
import { PartProcess, PortTakenError } from './part-process.ts'
import { chooseParts, type PartName, parts } from './parts.ts'
import { type CertificateAuthority, createAuthority } from './pki.ts'
import type { Ports } from './ports.ts'
import { requireLinux } from './processes.ts'
import { type ClusterRecord, register, unregister } from './registry.ts'
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts'
import { teardown } from './teardown.ts'

export interface ClusterOptions {
  /** Where everything of the cluster lies; must be absent or empty. A new folder under the temporary folder by default. */
  readonly dir?: string
  /** kube-controller-manager and kube-scheduler; true by default. */
  readonly controllers?: boolean
  /** Pretends every node that is created, and the pods on it: they become Ready and Running. */
  readonly kwok?: boolean
  /** `kubectl top` for kwok's nodes and the real one. */
  readonly metricsServer?: boolean
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[]
  /** Writes an audit log (level Metadata) that `auditEvents` reads. */
  readonly auditLog?: boolean
  /** How often the API server compacts etcd by itself, as `30s`; 5 minutes by default. */
  readonly compactionInterval?: string
  /** The parts outlive this process and stay until `testbed down`. */
  readonly detached?: boolean
}

const startAttempts = 3

export interface KubectlOptions extends Pick<CommandOptions, 'input' | 'signal'> {
  /** Another kubeconfig than the administrator's. */
  readonly kubeconfig?: string
}

export class Cluster {
  readonly dir: string
  /** The administrator's. */
  readonly kubeconfigPath: string
  /** `https://host:port` of the API server. */
  readonly server: string
  readonly files: ClusterFiles
  readonly authority: CertificateAuthority
  readonly #record: ClusterRecord
  readonly #parts: ReadonlyMap<PartName, PartProcess>
  readonly #send: SendRequest

  constructor(setup: ClusterSetup, send: SendRequest, processes: ReadonlyMap<PartName, PartProcess>) {
    this.dir = setup.files.dir
    this.kubeconfigPath = setup.files.kubeconfig
    this.server = setup.server
    this.files = setup.files
    this.authority = setup.authority
    this.#record = setup.record
    this.#parts = processes
    this.#send = send
  }

  /** The running parts, in the order in which they were started. */
  get parts(): readonly PartProcess[] {
    return [...this.#parts.values()]
  }

  /** A part of this cluster, to pause, kill or restart; throws when the cluster has none of that name. */
  part(name: PartName): PartProcess {
    const found = this.#parts.get(name)
    if (found === undefined) throw new Error(`The cluster in ${this.dir} runs without ${name}`)
    return found
  }

  /** Runs kubectl 1.36 against this cluster; a failure is in `code` and `stderr`. */
  kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<CommandResult> {
    const { kubeconfig = this.kubeconfigPath, ...rest } = options
    // The discovery cache is named by host and port, which another cluster had before.
    const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(this.dir, 'kubectl-cache'), KUBERC: 'off' }
    return runCommand(binaryPath(kubectlProgram), args, { ...rest, env })
  }

  /** As `kubectl`, and gives standard output; rejects with standard error when it fails. */
  async mustKubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, options)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
    return stdout
  }

  /** Server-side applies objects, or the text of a manifest; gives kubectl's words. */
  async apply(manifest: string | readonly object[]): Promise<string> {
    const list = { apiVersion: 'v1', kind: 'List', items: manifest }
    const input = typeof manifest === 'string' ? manifest : JSON.stringify(list)
    return this.mustKubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input })
  }

  /** One request to the API server as administrator, `path` from `/` on. */
  request(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.#send(`${this.server}${path}`, options)
  }

  /** Ends all parts and removes every trace. */
  async stop(): Promise<void> {
    await unregister(this.#record, teardown)
  }
}

interface ClusterSetup {
  readonly options: ClusterOptions
  readonly record: ClusterRecord & { readonly ports: Ports }
  readonly files: ClusterFiles
  readonly authority: CertificateAuthority
  readonly server: string
  readonly address: string
}

/** Starts a cluster and resolves when it serves; a failed start leaves nothing and says which part failed and its log. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  requireLinux()
  requireBuilt(options)
  const dir = await emptyFolder(options.dir)
  const avoid = new Set<number>()
  for (let attempt = 1; ; attempt++) {
    const registration = { dir, node: false, owned: options.detached !== true, avoid }
    const record = await register(registration, teardown)
    try {
      return await startRegistered(options, record)
    } catch (error) {
      await unregister(record, teardown)
      if (!(error instanceof PortTakenError) || attempt === startAttempts) throw error
      avoid.add(record.slot)
    }
  }
}

const partNames = (options: ClusterOptions): PartName[] => {
  const { controllers = true, kwok = false, metricsServer = false } = options
  return chooseParts({ controllers, kwok, metricsServer })
}

/** What a cluster with these options still needs built. */
export const missingForCluster = (options: ClusterOptions) =>
  missingArtifacts([kubectlProgram, ...partNames(options).map((name) => parts[name])])

function requireBuilt(options: ClusterOptions): void {
  const missing = missingForCluster(options).map(({ name, version, firstTime }) => `${name} ${version} (${firstTime})`)
  if (missing.length > 0) throw new Error(`Run "hack/testbed/testbed build" first, it makes ${missing.join(', ')}`)
}

async function emptyFolder(wanted: string | undefined): Promise<string> {
  const dir = wanted === undefined ? join(tmpdir(), `dogwatch-testbed.${randomUUID()}`) : resolve(wanted)
  await mkdir(dir, { recursive: true })
  if ((await readdir(dir)).length > 0) {
    throw new Error(`${dir} is not empty: take the cluster in it down with "testbed down", or name another folder`)
  }
  return realpath(dir)
}

async function startRegistered(options: ClusterOptions, record: ClusterSetup['record']): Promise<Cluster> {
  await mkdir(record.dir, { recursive: true })
  const address = record.node ? nodeAddress : '127.0.0.1'
  const server = `https://${address}:${record.ports.api}`
  const files = clusterFiles(record.dir)
  const authority = createAuthority('dogwatch-testbed')
  await writeClusterFiles(files, authority, server)
  const setup: ClusterSetup = { options, record, files, authority, server, address }
  const send = createHttpClient(files)
  const processes = createProcesses(setup, send)
  const cluster = new Cluster(setup, send, processes)
  await startInOrder(cluster)
  return cluster
}

function createProcesses(setup: ClusterSetup, send: SendRequest): Map<PartName, PartProcess> {
  const { options } = setup
  const context: PartContext = {
    files: setup.files,
    ports: setup.record.ports,
    address: setup.address,
    options: {
      node: setup.record.node,
      auditLog: options.auditLog ?? false,
      apiServerFlags: options.apiServerFlags ?? [],
      compactionInterval: options.compactionInterval,
    },
    artifactFolder,
    get: (url) => send(url, { timeoutMs: 5_000 }),
  }
  const create = (name: PartName): [PartName, PartProcess] => {
    const process = { binary: binaryPath(parts[name]), endsWithParent: options.detached !== true }
    return [name, new PartProcess(parts[name], context, process)]
  }
  return new Map(partNames(options).map(create))
}

/** etcd and the API server start together, everything else when these serve. */
async function startInOrder(cluster: Cluster): Promise<void> {
  const isBase = (part: PartProcess) => part.name === 'etcd' || part.name === 'kube-apiserver'
  for (const group of [cluster.parts.filter(isBase), cluster.parts.filter((part) => !isBase(part))]) {
    for (const part of group) {
      if (part.objects.length > 0) await cluster.apply(part.objects)
      await part.start()
    }
    for (const part of group) await part.waitReady()
  }
  if (cluster.parts.some((part) => part.name === 'kube-controller-manager')) await waitForServiceAccount(cluster)
}

/** Pods are refused until the controller manager has made the namespace's service account. */
async function waitForServiceAccount(cluster: Cluster): Promise<void> {
  const deadlineMs = performance.now() + 30_000
  while ((await cluster.request('/api/v1/namespaces/default/serviceaccounts/default')).status !== 200) {
    if (performance.now() > deadlineMs) throw new Error('The default service account does not appear within 30 s')
    await sleep(50)
  }
}
