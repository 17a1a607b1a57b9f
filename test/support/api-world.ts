/** The API with alerts in memory, callers with tokens, and rights as a list: for what needs no API server to be seen. */
import type { FastifyInstance } from 'fastify'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { Right } from '../../src/http/access.ts'
import { type ApiParts, apiRoutes } from '../../src/http/api-routes.ts'
import { type ApiServer, type ApiServerOptions, createApiApp, startApiServer } from '../../src/http/api-server.ts'
import { Authenticator } from '../../src/http/authenticator.ts'
import { answeringWithin } from '../../src/http/crash-source.ts'
import type { Caller } from '../../src/http/identity/caller.ts'
import type { FrontProxySettings } from '../../src/http/identity/front-proxy-settings.ts'
import { Problem } from '../../src/http/problem.ts'
import { createSelfSignedCertificate } from '../../src/http/tls/self-signed.ts'
import type { KubeObject } from '../../src/kube/resource.ts'
import type { Delivery } from '../../src/notify/notifier.ts'
import type { AlertRecord, DeliveryRecord } from '../../src/store/notification-log.ts'
import { MemoryCrashHistory } from './memory-crash-history.ts'

export const ownCertificate = createSelfSignedCertificate(['localhost', '127.0.0.1'], Date.now())

/** `get capacitypolicies team-a/x`: with `*` for every namespace and every name. */
export function rightText({ verb, resource, subresource, namespace = '*', name = '*' }: Right): string {
  return `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} ${namespace}/${name}`
}

export class ApiWorld {
  /** By token. */
  readonly callers: Record<string, Caller> = {}
  /** By user. */
  readonly rights: Record<string, readonly string[]> = {}
  readonly open: AlertRecord[] = []
  readonly history: AlertRecord[] = []
  readonly deliveries: DeliveryRecord[] = []
  readonly objects: Record<string, KubeObject[]> = {}
  readonly patches: unknown[] = []
  readonly crashes = new MemoryCrashHistory()
  crashesWithinMs = 10_000
  isLeading = true
  leader: string | undefined = 'other-process'
  isStopped = false
  frontProxy: FrontProxySettings | undefined
  testResult: Delivery | undefined
  allowsGetAtRoot = false

  app(): FastifyInstance {
    return createApiApp(this.#options())
  }

  start(): Promise<ApiServer> {
    return startApiServer(this.#options())
  }

  /** A caller with a token of the same name. */
  user(username: string, ...rights: string[]): { authorization: string } {
    this.callers[username] = { username, groups: [], extra: {}, via: 'token' }
    this.rights[username] = rights
    return { authorization: `Bearer ${username}` }
  }

  #options(): ApiServerOptions<ApiParts> {
    const tokens = { callerOf: async (token: string) => this.callers[token] }
    return {
      listen: { host: '127.0.0.1', port: 0 },
      certificate: ownCertificate,
      routes: apiRoutes,
      parts: this.#parts(),
      authenticator: new Authenticator({
        clock: systemClock,
        tokens,
        frontProxy: { current: async () => this.frontProxy },
      }),
      access: { accessOf: (caller) => this.#accessOf(caller) },
      leadership: { isLeading: () => this.isLeading, leader: async () => this.leader },
      allowsGetAtRoot: this.allowsGetAtRoot,
      clock: systemClock,
      logger: silentLogger,
    }
  }

  #accessOf({ username }: Caller) {
    const may = async (right: Right) => this.rights[username]?.includes(rightText(right)) === true
    return {
      may,
      require: async (right: Right) => {
        if (!(await may(right))) throw new Problem('forbidden', rightText(right))
      },
    }
  }

  #parts(): ApiParts {
    const { open, history, deliveries, objects, patches } = this
    return {
      alerts: {
        openAlerts: () => (this.isLeading ? open : undefined),
        history: {
          alerts: async () => history,
          alert: async (id) => history.find((record) => record.id === id),
          deliveries: async (alertId) => deliveries.filter(({ alertIds }) => alertIds.includes(alertId)),
        },
        acknowledge: async (id, acknowledged) => {
          const index = open.findIndex((record) => record.id === id)
          const known = open[index]
          if (known === undefined) return undefined
          open[index] = { ...known, acknowledged }
          return open[index]
        },
      },
      receivers: { test: async () => this.testResult },
      objects: { list: async (resource) => objects[resource] ?? [] },
      changes: {
        merge: async (at, patch) => {
          patches.push([at, patch])
          const found = objects[at.resource]?.find(({ metadata }) => metadata.name === at.name)
          return { ...found, ...(patch as object) } as KubeObject
        },
      },
      creations: {
        create: async (resource, object) => {
          const made = {
            ...object,
            metadata: { ...(object.metadata as KubeObject['metadata']), uid: 'new', resourceVersion: '1' },
          } as KubeObject
          objects[resource] = [...(objects[resource] ?? []), made]
          return made
        },
      },
      crashes: answeringWithin(this.crashes, systemClock, this.crashesWithinMs),
      service: {
        watchNamespace: undefined,
        isStopped: () => this.isStopped,
        setStopped: async (isStopped) => {
          this.isStopped = isStopped
        },
      },
    }
  }
}

interface RecordOptions {
  readonly namespace?: string
  readonly policy?: string
  readonly about?: string
  readonly startedMs?: number
  readonly endedMs?: number
  readonly severity?: string
}

/** An alert of policy `namespace/policy` about a pod of namespace `about`. */
export function aRecord(id: string, options: RecordOptions = {}): AlertRecord {
  const { namespace = 'team-a', policy = 'p', startedMs = 0, endedMs = 0, severity = 'warning' } = options
  const { about = namespace } = options
  const route = { receivers: [], grouping: { key: id, waitMs: 0, intervalMs: 0 } }
  const isOver = endedMs > 0
  const time = new Date(startedMs).toISOString()
  const alert = {
    key: id,
    policy: { kind: 'CapacityPolicy', namespace, name: policy, uid: `${namespace}/${policy}` },
    rule: 'cpu',
    severity: severity as 'warning',
    state: isOver ? ('resolved' as const) : ('firing' as const),
    object: { kind: 'Pod', namespace: about, name: `pod-of-${id}` },
    title: `Pod ${about}/pod-of-${id}: cpu`,
    lines: ['since then'],
    labels: { namespace: about, pod: `pod-of-${id}`, team: 'a' },
    since: time,
    at: time,
  }
  return { id, alert, route, startedMs, ...(isOver ? { endedMs } : {}) }
}
