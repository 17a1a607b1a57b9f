/** Requests to the operator's API, by both ways in. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import type { Cluster } from '../../hack/testbed/cluster.ts'

export type ApiAnswer = {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
  readonly body: any
}

export interface ApiRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** Paths of PEM files. */
  readonly certificate?: { readonly certificate: string; readonly key: string }
}

/** The server's certificate is not checked: it made it itself. */
export function send(url: string, { method = 'GET', headers, body, certificate }: ApiRequest = {}): Promise<ApiAnswer> {
  const tls = certificate && { cert: readFileSync(certificate.certificate), key: readFileSync(certificate.key) }
  const json = body && { 'content-type': 'application/json' }
  const options = { method, headers: { ...json, ...headers }, agent: false, rejectUnauthorized: false, ...tls }
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, signal: AbortSignal.timeout(60_000) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString()
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        const body = isJson && text !== '' ? JSON.parse(text) : text
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
    sent.once('error', reject)
    sent.end(body && JSON.stringify(body))
  })
}

export interface Way {
  readonly name: string
  /** `path` below the API's root. */
  ask(token: string, path: string, options?: ApiRequest): Promise<ApiAnswer>
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** To the operator itself. */
export function directly(port: () => number): Way {
  return {
    name: 'directly',
    ask: (token, path, options = {}) =>
      send(`https://127.0.0.1:${port()}/api/v1${path}`, {
        ...options,
        headers: { ...bearer(token), ...options.headers },
      }),
  }
}

/** To the API server, which sends it on. */
export function throughApiServer(cluster: () => Cluster): Way {
  return {
    name: 'through the API server',
    ask: (token, path, options = {}) =>
      send(`${cluster().server}/apis/api.dogwatch.dev/v1alpha1${path}`, {
        ...options,
        headers: { ...bearer(token), ...options.headers },
      }),
  }
}

/** Makes the API server send requests on to an operator of this machine. */
export async function aggregateApi(cluster: Cluster, port: number): Promise<void> {
  const namespace = 'dogwatch-system'
  await cluster.apply([
    {
      ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'dogwatch-api', namespace } },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    },
    {
      ...{
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1alpha1.api.dogwatch.dev' },
      },
      spec: {
        ...{ group: 'api.dogwatch.dev', version: 'v1alpha1', groupPriorityMinimum: 100, versionPriority: 100 },
        insecureSkipTLSVerify: true,
        service: { name: 'dogwatch-api', namespace, port },
      },
    },
  ])
  await cluster.mustKubectl([
    'wait',
    '--for=condition=Available',
    'apiservice/v1alpha1.api.dogwatch.dev',
    '--timeout=60s',
  ])
}
