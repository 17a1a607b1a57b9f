/** etcd's data: copies of its folder, and its history. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cacheFolder } from './cache.ts'
import type { SendRequest } from './http-client.ts'
import type { PartProcess } from './part-process.ts'
import { mustRun } from './run-command.ts'

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await mustRun('cp', ['--archive', '--reflink=auto', '--sparse=always', from, to])
}

/**
 * Copies the data of a running etcd. While it is paused, its files are what a killed etcd's would be, which it recovers
 * from; no connection breaks.
 */
export async function copyLiveData(etcd: PartProcess, data: string, to: string): Promise<void> {
  if (existsSync(to)) throw new Error(`The snapshot ${to} exists already: choose another name`)
  etcd.pause()
  try {
    await copyFolder(data, to)
  } finally {
    etcd.resume()
  }
}

export async function replaceData(data: string, from: string): Promise<void> {
  if (!existsSync(from)) throw new Error(`There is no snapshot ${from}`)
  await rm(data, { recursive: true, force: true })
  await copyFolder(from, data)
}

/** Where API servers tell each other up to which revision etcd was compacted. */
const compactedRevisionKey = 'compact_rev_key'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Makes etcd forget all revisions but the present one, as an API server does it every five minutes. */
export async function compact(send: SendRequest, etcdUrl: string): Promise<void> {
  const call = async (path: string, body: object) => {
    const answer = await send(`${etcdUrl}/v3/kv/${path}`, { method: 'POST', body })
    if (answer.status !== 200) throw new Error(`etcd ${path}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body)
  }
  const key = base64(compactedRevisionKey)
  const { revision } = (await call('range', { key })).header
  // Writing it makes a new revision, so that compacting twice without a change between is no error.
  await call('put', { key, value: base64(revision) })
  await call('compaction', { revision, physical: true })
}

const snapshotPrefix = 'snapshot-'

/** The cache's name of a big cluster that is made once. */
export const cachedSnapshotName = (name: string): string => `${snapshotPrefix}${name}`

export async function cachedSnapshotData(name: string): Promise<string> {
  const folder = join(cacheFolder(), cachedSnapshotName(name))
  if (existsSync(folder)) return join(folder, 'etcd')
  const entries = existsSync(cacheFolder()) ? await readdir(cacheFolder(), { withFileTypes: true }) : []
  const isSnapshot = /^snapshot-(?!.*(?:\.lock$|\.making-))/
  const known = entries.filter((entry) => entry.isDirectory() && isSnapshot.test(entry.name))
  const names = known.map((entry) => entry.name.slice(snapshotPrefix.length)).join(', ') || 'none'
  throw new Error(`There is no snapshot "${name}" in the cache; there are: ${names}`)
}
