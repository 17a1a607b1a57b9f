import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { Cluster } from '../../hack/testbed/cluster.ts'

export interface BulkRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  /** Who the server writes into managedFields. */
  readonly fieldManager?: string
}

/** Many small requests at once as administrator, over connections that are kept. */
export class BulkClient {
  readonly #pool: Pool
  readonly inFlight: number

  constructor(cluster: Cluster, inFlight = 48) {
    const { authority, admin } = cluster.files.pki
    const read = (path: string) => readFileSync(path)
    const connect = { ca: read(authority), cert: read(admin.certificate), key: read(admin.key), allowH2: false }
    this.#pool = new Pool(cluster.server, { connections: inFlight, pipelining: 1, allowH2: false, connect })
    this.inFlight = inFlight
  }

  /** Rejects with the server's words unless the answer is a success. */
  async send({ method, path, body, fieldManager = 'bench' }: BulkRequest): Promise<void> {
    const answer = await this.#pool.request({
      method,
      path: method === 'DELETE' ? path : `${path}?fieldManager=${fieldManager}`,
      headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    if (answer.statusCode < 300) await answer.body.dump({ limit: 1 << 20 })
    else throw new Error(`${method} ${path}: ${answer.statusCode} ${(await answer.body.text()).slice(0, 500)}`)
  }

  /** Calls `work` for 0 to count-1, as many at once as this client sends; stops at the first failure. */
  async forEach(count: number, work: (index: number) => Promise<void>): Promise<void> {
    let next = 0
    const worker = async () => {
      while (next < count) await work(next++)
    }
    await Promise.all(Array.from({ length: this.inFlight }, worker))
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}
