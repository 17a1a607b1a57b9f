import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { Cluster } from './cluster.ts'

export interface BulkOptions {
  /** How many requests are in flight; 32 by default. */
  readonly parallel?: number
  readonly signal?: AbortSignal
}

/**
 * Creates many objects fast: POSTs each to the collection at `path`, as `/api/v1/namespaces/default/pods`, over
 * connections that are kept. Rejects at the first refusal with the server's words.
 */
export async function createObjects(
  cluster: Cluster,
  path: string,
  objects: Iterable<object>,
  options: BulkOptions = {},
): Promise<void> {
  const { admin } = cluster.files.pki
  const agent = new Agent({
    keepAlive: true,
    ca: readFileSync(cluster.files.pki.authority),
    cert: readFileSync(admin.certificate),
    key: readFileSync(admin.key),
  })
  const left = objects[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      options.signal?.throwIfAborted()
      await post(`${cluster.server}${path}`, JSON.stringify(next.value), agent)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.parallel ?? 32 }, work))
  } finally {
    agent.destroy()
  }
}

function post(url: string, body: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json' } })
    sent.once('error', reject)
    sent.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        if (response.statusCode === 201) resolve()
        else reject(new Error(`POST ${url}: ${response.statusCode} ${Buffer.concat(chunks).toString().slice(0, 500)}`))
      })
    })
    sent.end(body)
  })
}
