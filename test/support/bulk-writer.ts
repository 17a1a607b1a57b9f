import { readFileSync } from 'node:fs'
import { Pool } from 'undici'
import type { Cluster } from '../../hack/testbed/cluster.ts'

/** Writes ConfigMaps of the default namespace fast, over connections that are kept. */
export class BulkWriter {
  readonly #pool: Pool

  constructor(cluster: Cluster) {
    const { authority, admin } = cluster.files.pki
    const connect = {
      ca: readFileSync(authority),
      cert: readFileSync(admin.certificate),
      key: readFileSync(admin.key),
      allowH2: false,
    }
    this.#pool = new Pool(cluster.server, { connections: 32, pipelining: 1, allowH2: false, connect })
  }

  /** Creates or replaces. */
  async put(name: string, text: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } }
    const path = '/api/v1/namespaces/default/configmaps'
    const status = await this.#send('PUT', `${path}/${name}`, body)
    if (status === 404) await this.#must('POST', path, body)
    else if (status >= 300) throw new Error(`PUT ${name}: ${status}`)
  }

  remove(name: string): Promise<void> {
    return this.#must('DELETE', `/api/v1/namespaces/default/configmaps/${name}`)
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  async #must(method: 'POST' | 'DELETE', path: string, body?: object): Promise<void> {
    const status = await this.#send(method, path, body)
    if (status >= 300) throw new Error(`${method} ${path}: ${status}`)
  }

  async #send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<number> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    await answer.body.dump()
    return answer.statusCode
  }
}
