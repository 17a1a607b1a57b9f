import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { Cluster } from '../../hack/testbed/cluster.ts'

const newline = 0x0a
const initialEventsEnd = '"k8s.io/initial-events-end":"true"'

/** Opens a watch of all pods as administrator; the body as the server sends it. */
export function openPodWatch(cluster: Cluster, query: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  const { authority, admin } = cluster.files.pki
  const credentials = {
    ca: readFileSync(authority),
    cert: readFileSync(admin.certificate),
    key: readFileSync(admin.key),
  }
  const parameters = new URLSearchParams({ watch: '1', allowWatchBookmarks: 'true', timeoutSeconds: '1800', ...query })
  return new Promise((resolve, reject) => {
    const sent = request(`${cluster.server}/api/v1/pods?${parameters}`, { agent: false, ...credentials })
    sent.once('error', reject)
    sent.once('response', (response) => {
      if (response.statusCode === 200) resolve(response)
      else reject(new Error(`the watch of pods was answered with ${response.statusCode}`))
    })
    sent.end()
  })
}

/** Where a watch of pods can begin now. */
export async function podsVersion(cluster: Cluster): Promise<string> {
  const { status, body } = await cluster.request('/api/v1/pods?limit=1')
  if (status !== 200) throw new Error(`the list of pods was answered with ${status}`)
  return JSON.parse(body).metadata.resourceVersion
}

/**
 * Follows a watch by its newlines, without reading its events: how many there were, and the last one whole, from which a
 * watch that the server ended can go on.
 */
export class EventCounter {
  /** Whole lines, bookmarks among them. */
  lines = 0
  readonly #startVersion: string
  #last: Buffer = Buffer.alloc(0)
  #partial: Buffer = Buffer.alloc(0)

  /** `startVersion` is where a watch stands that has brought nothing yet. */
  constructor(startVersion = '') {
    this.#startVersion = startVersion
  }

  push(chunk: Buffer): void {
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) this.lines += 1
    const end = chunk.lastIndexOf(newline)
    if (end === -1) {
      this.#partial = Buffer.concat([this.#partial, chunk])
      return
    }
    const start = chunk.lastIndexOf(newline, end - 1)
    const isWhole = start !== -1 && end > 0
    this.#last = isWhole
      ? Buffer.from(chunk.subarray(start + 1, end))
      : Buffer.concat([this.#partial, chunk.subarray(0, end)])
    this.#partial = Buffer.from(chunk.subarray(end + 1))
  }

  /** Throws when the stream was cut within a line. */
  resourceVersion(): string {
    if (this.#partial.length > 0) throw new Error('the watch ended within an event')
    if (this.#last.length === 0) return this.#startVersion
    return JSON.parse(this.#last.toString()).object.metadata.resourceVersion
  }

  get endsWithInitialEventsEnd(): boolean {
    return this.#partial.length === 0 && this.#last.includes(initialEventsEnd)
  }
}
