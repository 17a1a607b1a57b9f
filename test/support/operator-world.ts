/** A control plane for tests of the operator: objects made and changed by single requests, and the operator's own rights. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../../hack/testbed/cluster.ts'
import { type KwokNodeOptions, type KwokPodOptions, kwokNode, kwokPod } from '../../hack/testbed/kwok-objects.ts'
import type { CapacityPolicyStatus } from '../../src/api/capacity-policy.ts'
import type { CrashAlertRouteStatus } from '../../src/api/crash-alert-route.ts'
import { establishKinds } from './cluster-kinds.ts'
import { eventually } from './eventually.ts'
import { OperatorProcess } from './operator-process.ts'

export const systemNamespace = 'dogwatch-system'
const apiVersion = 'dogwatch.dev/v1alpha1'
const account = `${systemNamespace}:dogwatch`
export const operatorUser = `system:serviceaccount:${account}`

// biome-ignore lint/suspicious/noExplicitAny: objects as the API server gives them
export type Anything = any

const root = join(import.meta.dirname, '../..')

export class OperatorWorld {
  readonly cluster: Cluster
  readonly #folder: string
  readonly #operators: OperatorProcess[] = []
  #folders = 0

  constructor(cluster: Cluster, folder: string) {
    this.cluster = cluster
    this.#folder = folder
  }

  /** Starts an operator; it ends with the world. */
  operator(kubeconfig: string, flags: readonly string[] = [], dataDir = this.newFolder()): OperatorProcess {
    const operator = new OperatorProcess({ kubeconfig, dataDir, flags: ['--lease-duration', '3s', ...flags] })
    this.#operators.push(operator)
    return operator
  }

  newFolder(): string {
    this.#folders += 1
    return join(this.#folder, String(this.#folders))
  }

  /** A kubeconfig with the rights of the cluster-wide install, and its token. */
  async operatorAccess(server?: string): Promise<{ kubeconfig: string; token: string }> {
    const token = await this.cluster.createToken(account.replace(':', '/'))
    return { token, kubeconfig: await this.cluster.kubeconfigFor({ token, ...(server && { server }) }) }
  }

  async send(method: string, path: string, body?: object, contentType = 'application/json'): Promise<Anything> {
    const headers = body === undefined ? {} : { 'content-type': contentType }
    const answer = await this.cluster.request(path, { method, headers, ...(body && { body }) })
    if (answer.status === 404) return undefined
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body)
  }

  merge(path: string, patch: object): Promise<Anything> {
    return this.send('PATCH', path, patch, 'application/merge-patch+json')
  }

  async namespace(name: string, labels: Record<string, string> = {}): Promise<string> {
    await this.send('POST', '/api/v1/namespaces', { kind: 'Namespace', metadata: { name, labels } })
    return name
  }

  node(name: string, options: KwokNodeOptions = {}): Promise<Anything> {
    return this.send('POST', '/api/v1/nodes', kwokNode(name, options))
  }

  pod(namespace: string, name: string, options: KwokPodOptions = {}): Promise<Anything> {
    return this.send('POST', `/api/v1/namespaces/${namespace}/pods`, kwokPod(name, options))
  }

  /** At once: a pretended pod needs no time to end. */
  deletePod(namespace: string, name: string): Promise<Anything> {
    return this.send('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`)
  }

  policyPath(namespace: string, name: string): string {
    return `/apis/${apiVersion}/namespaces/${namespace}/capacitypolicies/${name}`
  }

  policy(namespace: string, name: string, spec: object): Promise<Anything> {
    const body = { apiVersion, kind: 'CapacityPolicy', metadata: { name }, spec }
    return this.send('POST', `/apis/${apiVersion}/namespaces/${namespace}/capacitypolicies`, body)
  }

  changePolicy(namespace: string, name: string, spec: object): Promise<Anything> {
    return this.merge(this.policyPath(namespace, name), { spec })
  }

  receiver(namespace: string, name: string, spec: object): Promise<Anything> {
    const body = { apiVersion, kind: 'AlertReceiver', metadata: { name }, spec }
    return this.send('POST', `/apis/${apiVersion}/namespaces/${namespace}/alertreceivers`, body)
  }

  crashRoute(namespace: string, name: string, spec: object): Promise<Anything> {
    const body = { apiVersion, kind: 'CrashAlertRoute', metadata: { name }, spec }
    return this.send('POST', `/apis/${apiVersion}/namespaces/${namespace}/crashalertroutes`, body)
  }

  async crashStatus(namespace: string, name: string): Promise<CrashAlertRouteStatus> {
    return (
      (await this.send('GET', `/apis/${apiVersion}/namespaces/${namespace}/crashalertroutes/${name}`))?.status ?? {}
    )
  }

  async status(namespace: string, name: string): Promise<CapacityPolicyStatus> {
    return (await this.send('GET', this.policyPath(namespace, name)))?.status ?? {}
  }

  /** The status once it is as wanted. */
  statusWhen(
    namespace: string,
    name: string,
    isWanted: (status: CapacityPolicyStatus) => boolean,
  ): Promise<CapacityPolicyStatus> {
    const check = async () => {
      const status = await this.status(namespace, name)
      return isWanted(status) && status
    }
    return eventually(`status of ${namespace}/${name}`, check, 60_000, () => this.status(namespace, name))
  }

  /** Notes of the Events on an object, by reason. */
  async events(namespace: string, name: string): Promise<{ reason: string; note: string }[]> {
    const { items } = await this.send('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
    return items.filter((event: Anything) => event.regarding?.name === name)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#operators.map((operator) => operator.end('SIGKILL')))
    await this.cluster.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** `True Accepted`, `False OutOfScope`: the condition of this type. */
export function conditionOf({ conditions }: CapacityPolicyStatus, type: string): string | undefined {
  const found = conditions?.find((condition) => condition.type === type)
  return found && `${found.status} ${found.reason}`
}

/** Pods need no service account here: a namespace takes them from its first moment. */
const admission = '--disable-admission-plugins=ServiceAccount'

/** A control plane with the kinds and the rights of the cluster-wide install, and kwok to pretend nodes. */
export async function startOperatorWorld(options: ClusterOptions = {}): Promise<OperatorWorld> {
  const cluster = await startCluster({ kwok: true, auditLog: true, apiServerFlags: [admission], ...options })
  const world = new OperatorWorld(cluster, await mkdtemp(join(tmpdir(), 'dogwatch-operator.')))
  await establishKinds(cluster)
  await world.namespace(systemNamespace)
  const files = ['config/operator/service-account.yaml', 'config/rbac/cluster-wide/rbac.yaml']
  for (const file of files) {
    const args = ['apply', '-n', systemNamespace, '-f', join(root, file)]
    await cluster.mustKubectl(args)
  }
  return world
}

/** The rights of the install for one namespace, as its Role in another namespace. */
export async function grantNamespaceOnly(world: OperatorWorld, namespace: string): Promise<string> {
  const rights = await readFile(join(root, 'config/rbac/namespace-only/rbac.yaml'), 'utf8')
  await world.cluster.apply(rights.replaceAll(systemNamespace, namespace))
  const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'dogwatch', namespace } }
  await world.cluster.apply([serviceAccount])
  return world.cluster.kubeconfigFor({ token: await world.cluster.createToken(`${namespace}/dogwatch`) })
}
