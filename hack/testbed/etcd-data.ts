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

/** The code with which etcd says that it forgot this revision already. */
const outOfRange = 11

/** Forgets all revisions but the present one. */
export async function compact(send: SendRequest, etcdUrl: string): Promise<void> {
  const key = Buffer.from('/').toString('base64')
  const range = await send(`${etcdUrl}/v3/kv/range`, { method: 'POST', body: { key } })
  const { revision } = JSON.parse(range.body).header
  const body = { revision, physical: true }
  const compaction = await send(`${etcdUrl}/v3/kv/compaction`, { method: 'POST', body })
  if (compaction.status !== 200 && JSON.parse(compaction.body).code !== outOfRange) {
    throw new Error(`etcd does not compact revision ${revision}: ${compaction.status} ${compaction.body}`)
  }
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
