/**
 * A Kubernetes control plane of real parts, for tests: `startCluster` gives one in a few seconds, `stop` removes it.
 *
 * The parts of a cluster die with the process that started it. What they leave when that process is killed (a folder,
 * and with a node mounts and firewall rules) is cleared by the next `startCluster` or `testbed` command of this machine.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { artifactFolder, firstTimeText } from './artifact.ts'
import { type AuditEvent, readAuditLog } from './audit.ts'
import { binaryPath, kubectlProgram, missingArtifacts } from './binaries.ts'
import { type ClusterFiles, clusterFiles, nodeAddress, writeClusterFiles } from './cluster-files.ts'
import { importImageArchive } from './container-images.ts'
import {
  type ClientCertificate,
  issueClientCertificate,
  type KubeconfigFor,
  type UserOptions,
  writeKubeconfigFor,
} from './credentials.ts'
import { cachedSnapshotData, compact, copyLiveData, replaceData } from './etcd-data.ts'
import { createHttpClient, type RequestOptions, type SendRequest } from './http-client.ts'
import { applyManifest, type KubectlOptions, kubectl, mustKubectl } from './kubectl.ts'
import { canRunNode, prepareHost } from './node-host.ts'
import type { HttpAnswer, KwokLogs, PartContext } from './part.ts'
import { PartProcess, PortTakenError } from './part-process.ts'
import { chooseParts, type PartName, parts } from './parts.ts'
import { type CertificateAuthority, createAuthority } from './pki.ts'
import type { Ports } from './ports.ts'
import { requireLinux } from './processes.ts'
import { type ClusterRecord, NodeTakenError, type Registration, register, unregister } from './registry.ts'
import type { CommandResult } from './run-command.ts'
import { teardown } from './teardown.ts'

export interface ClusterOptions {
  /** Where everything of the cluster lies; must be absent or empty. A new folder under the temporary folder by default. */
  readonly dir?: string
  /** kube-controller-manager and kube-scheduler; true by default, false with a snapshot. */
  readonly controllers?: boolean
  /** A real node: containerd, kubelet and kube-proxy. One at a time on a machine; `canRunNode` says whether it can. */
  readonly node?: boolean
  /** Pretends every node that is created, and the pods on it: they become Ready and Running. */
  readonly kwok?: boolean
  /** What kwok gives as the logs of its pods. */
  readonly kwokLogs?: readonly KwokLogs[]
  /** `kubectl top` for kwok's nodes and the real one. */
  readonly metricsServer?: boolean
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[]
  /** Writes an audit log that `auditEvents` reads: who asked what and when, and what patches of a pod's status said. */
  readonly auditLog?: boolean
  /** How often the API server compacts etcd by itself, as `30s`; 5 minutes by default. */
  readonly compactionInterval?: string
  /** Starts from a copy of the data that `generateSnapshot` made; then without controllers unless these are asked for. */
  readonly snapshot?: string
  /** The parts outlive this process and stay until `testbed down`. */
  readonly detached?: boolean
}

const startAttempts = 3
const nodeTurnWithinMs = 15 * 60_000

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
  readonly #ports: Ports

  constructor(setup: ClusterSetup, send: SendRequest, processes: ReadonlyMap<PartName, PartProcess>) {
    this.dir = setup.files.dir
    this.kubeconfigPath = setup.files.kubeconfig
    this.server = setup.server
    this.files = setup.files
    this.authority = setup.authority
    this.#record = setup.record
    this.#parts = processes
    this.#send = send
    this.#ports = setup.record.ports
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
    return kubectl(this.files, args, options)
  }

  /** As `kubectl`, and gives standard output; rejects with standard error when it fails. */
  mustKubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    return mustKubectl(this.files, args, options)
  }

  /** Server-side applies objects, or the text of a manifest; gives kubectl's words. */
  apply(manifest: string | readonly object[]): Promise<string> {
    return applyManifest(this.files, manifest)
  }

  /** One request to the API server as administrator, `path` from `/` on. */
  request(path: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.#send(`${this.server}${path}`, options)
  }

  /** A certificate of this cluster's CA for a user, as files. */
  issueClientCertificate(options: UserOptions): Promise<ClientCertificate> {
    return issueClientCertificate(this.files, this.authority, options)
  }

  /** Writes a kubeconfig for somebody, perhaps through a fault proxy, and gives its path. */
  kubeconfigFor(options: KubeconfigFor): Promise<string> {
    return writeKubeconfigFor(this.files, this.authority, { server: this.server, ...options })
  }

  /** A bound token of a service account, given as `namespace/name`; the API server grants ten minutes at least. */
  async createToken(serviceAccount: string, validSeconds = 3600): Promise<string> {
    const [namespace, name] = serviceAccount.split('/')
    const args = ['create', 'token', name!, '--namespace', namespace!, `--duration=${validSeconds}s`]
    return (await this.mustKubectl(args)).trim()
  }

  /** What was asked of the API server so far; needs `auditLog: true`. */
  auditEvents(): Promise<AuditEvent[]> {
    return readAuditLog(this.files.auditLog)
  }

  /** Keeps a copy of all objects under a name, without a break in service longer than the copying. */
  saveSnapshot(name: string): Promise<void> {
    return copyLiveData(this.part('etcd'), this.files.etcdData, join(this.files.snapshots, name))
  }

  /** Rolls back to a saved copy, resourceVersions included. The API server and its clients here are killed and restarted. */
  async restoreSnapshot(name: string): Promise<void> {
    const affected = this.parts.filter(({ part }) => part.isNode !== true)
    await Promise.all(affected.map((part) => part.kill()))
    await replaceData(this.files.etcdData, join(this.files.snapshots, name))
    await startInOrder(affected)
  }

  /**
   * etcd forgets its history, as it does every five minutes: continue tokens of paged lists get 410 within 15 s. The
   * API server's cache still serves watches from before; see `expireResourceVersions`.
   */
  compact(): Promise<void> {
    return compact(this.#send, `http://127.0.0.1:${this.#ports.etcdClient}`)
  }

  /** Compacts, and restarts the API server to empty its cache: every older resourceVersion gets 410 from now on. */
  async expireResourceVersions(): Promise<void> {
    await this.compact()
    await this.part('kube-apiserver').restart()
  }

  /** Loads the images of an archive (`docker save` or OCI) into the node. */
  importImage(archive: string): Promise<void> {
    this.part('containerd')
    return importImageArchive(archive)
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
  requireNodeAbility(options)
  const dir = await emptyFolder(options.dir)
  const avoid = new Set<number>()
  for (let attempt = 1; ; attempt++) {
    const registration = { dir, node: options.node ?? false, owned: options.detached !== true, avoid }
    const record = await registerInTurn(registration)
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
  const { controllers = options.snapshot === undefined, node = false, kwok = false, metricsServer = false } = options
  return chooseParts({ controllers, node, kwok, metricsServer })
}

/** What a cluster with these options still needs built. */
export const missingForCluster = (options: ClusterOptions) =>
  missingArtifacts([kubectlProgram, ...partNames(options).map((name) => parts[name])])

function requireBuilt(options: ClusterOptions): void {
  const missing = missingForCluster(options)
  if (missing.length === 0) return
  const names = missing.map(({ name, version }) => `${name} ${version}`).join(', ')
  throw new Error(`Run "hack/testbed/testbed build" first: it makes ${names} (${firstTimeText(missing)})`)
}

function requireNodeAbility(options: ClusterOptions): void {
  if (options.node !== true) return
  const ability = canRunNode()
  if (!ability.ok) throw new Error(`No node can run here: ${ability.reason}`)
}

/** Waits for the machine's one node while another process's test has it. */
async function registerInTurn(registration: Registration): Promise<ClusterSetup['record']> {
  const deadlineMs = performance.now() + nodeTurnWithinMs
  for (;;) {
    try {
      return await register(registration, teardown)
    } catch (error) {
      if (!(error instanceof NodeTakenError) || !error.isPassing || performance.now() > deadlineMs) throw error
      await sleep(1000)
    }
  }
}

/** The folder's real path. It is made only when the cluster is registered, so that somebody clears it in any case. */
async function emptyFolder(wanted: string | undefined): Promise<string> {
  const dir = resolve(wanted ?? join(tmpdir(), `dogwatch-testbed.${randomBytes(4).toString('hex')}`))
  await mkdir(dirname(dir), { recursive: true })
  if (!existsSync(dir)) return join(await realpath(dirname(dir)), basename(dir))
  if ((await readdir(dir)).length === 0) return realpath(dir)
  throw new Error(`${dir} is not empty: take the cluster in it down with "testbed down", or name another folder`)
}

async function startRegistered(options: ClusterOptions, record: ClusterSetup['record']): Promise<Cluster> {
  await mkdir(record.dir, { recursive: true })
  if (record.node) await prepareHost()
  const address = record.node ? nodeAddress : '127.0.0.1'
  const server = `https://${address}:${record.ports.api}`
  const files = clusterFiles(record.dir)
  const authority = createAuthority('dogwatch-testbed')
  await writeClusterFiles(files, authority, server)
  const setup: ClusterSetup = { options, record, files, authority, server, address }
  const send = createHttpClient(files)
  const processes = createProcesses(setup, send)
  if (options.snapshot !== undefined) await replaceData(files.etcdData, await cachedSnapshotData(options.snapshot))
  const cluster = new Cluster(setup, send, processes)
  await startInOrder(cluster.parts)
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
      kwokLogs: options.kwokLogs ?? [],
    },
    artifactFolder,
    get: (url) => send(url, { timeoutMs: 5_000 }),
    apply: (objects) => applyManifest(setup.files, objects),
  }
  const create = (name: PartName): [PartName, PartProcess] => {
    const process = { binary: binaryPath(parts[name]), endsWithParent: options.detached !== true }
    return [name, new PartProcess(parts[name], context, process)]
  }
  return new Map(partNames(options).map(create))
}

/** etcd, the API server and containerd start together, everything else when these serve. */
async function startInOrder(processes: readonly PartProcess[]): Promise<void> {
  const isFirst = ({ part }: PartProcess) => part.isFirst === true
  for (const group of [processes.filter(isFirst), processes.filter((process) => !isFirst(process))]) {
    for (const process of group) await process.start()
    for (const process of group) await process.waitReady()
  }
}
