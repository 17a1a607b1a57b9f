import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { ClusterFiles } from './cluster-files.ts'
import type { HttpAnswer } from './part.ts'

export interface RequestOptions {
  readonly method?: string
  /** An object is sent as JSON. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** Sends one request on a connection of its own; the answer's body as text, whatever its status. */
export type SendRequest = (url: string, options?: RequestOptions) => Promise<HttpAnswer>

/** The administrator's client. It does not check the server: controllers serve health with a certificate of their own. */
export function createHttpClient(files: ClusterFiles): SendRequest {
  const credentials = {
    cert: readFileSync(files.pki.admin.certificate),
    key: readFileSync(files.pki.admin.key),
    rejectUnauthorized: false,
  }
  return (url, options = {}) =>
    new Promise((resolve, reject) => {
      const { method = 'GET', body, timeoutMs = 30_000 } = options
      const send = url.startsWith('https:') ? requestHttps : requestHttp
      const headers = { ...(typeof body === 'object' && { 'content-type': 'application/json' }), ...options.headers }
      const request = send(url, {
        method,
        headers,
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        ...credentials,
      })
      request.once('error', reject)
      request.once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
        })
      })
      request.end(typeof body === 'object' ? JSON.stringify(body) : body)
    })
}
