/**
 * Which testbed clusters exist on this machine, so that what a killed test left behind is found and cleared.
 *
 * One JSON file for each cluster, named by its slot, in a folder that all of a user's processes share. A cluster that a
 * test started has the test's process as owner and is cleared by whoever starts the next one after the owner died; one
 * that a person started has no owner and stays until `down`.
 */
import { existsSync } from 'node:fs'
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText } from '../../src/base/errors.ts'
import { withFileLock } from './cache.ts'
import { arePortsFree, type Ports, portsOfSlot, slotCount } from './ports.ts'
import { bootId, isRunning, type ProcessIdentity, processIdentity } from './processes.ts'

export interface ClusterRecord {
  readonly slot: number
  readonly dir: string
  /** Its process, or null for a cluster that stays until it is taken down. */
  readonly owner: ProcessIdentity | null
  /** It has, or may have left, mounts, a bridge and firewall rules. */
  readonly node: boolean
  readonly bootId: string
}

const userId = (): number => process.getuid?.() ?? 0

export const registryFolder = (): string => `/tmp/dogwatch-testbed-${userId()}`

const recordFile = (slot: number): string => join(registryFolder(), `${slot}.json`)

/** The folder's name is known to everybody: one that another user made first is not to be trusted. */
async function openRegistry(): Promise<void> {
  const folder = registryFolder()
  await mkdir(folder, { mode: 0o700, recursive: true })
  const { uid } = await lstat(folder)
  if (uid !== userId()) throw new Error(`${folder} belongs to user ${uid}: remove it`)
}

async function withRegistry<T>(action: () => Promise<T>): Promise<T> {
  await openRegistry()
  return withFileLock(join(registryFolder(), 'lock'), action)
}

async function readRecords(): Promise<ClusterRecord[]> {
  const names = (await readdir(registryFolder())).filter((name) => name.endsWith('.json'))
  const texts = await Promise.all(names.map((name) => readFile(join(registryFolder(), name), 'utf8')))
  return texts.map((text) => JSON.parse(text) as ClusterRecord)
}

/** While `look` runs, nobody starts a cluster, and so nobody clears what a dead owner left. */
export const whileNobodySweeps = <T>(look: () => Promise<T>): Promise<T> => withRegistry(look)

export const listClusters = (): Promise<ClusterRecord[]> => withRegistry(readRecords)

function isAbandoned(record: ClusterRecord): boolean {
  if (record.bootId !== bootId()) return true
  return record.owner === null ? !existsSync(record.dir) : !isRunning(record.owner)
}

/** Removes a cluster's processes and whatever else it has on this machine. */
export type Teardown = (record: ClusterRecord) => Promise<void>

async function clearLeftovers(record: ClusterRecord, teardown: Teardown): Promise<void> {
  try {
    await teardown(record)
  } catch (cause) {
    throw new Error(`The leftovers of the cluster in ${record.dir} cannot be cleared: ${errorText(cause)}`, { cause })
  }
}

async function sweepRecords(teardown: Teardown): Promise<ClusterRecord[]> {
  const records = await readRecords()
  for (const record of records.filter(isAbandoned)) {
    await clearLeftovers(record, teardown)
    await rm(recordFile(record.slot), { force: true })
  }
  return records.filter((record) => !isAbandoned(record))
}

/** Clears every cluster whose owner died; gives those that live. */
export const sweep = (teardown: Teardown): Promise<ClusterRecord[]> => withRegistry(() => sweepRecords(teardown))

export interface Registration {
  readonly dir: string
  readonly node: boolean
  /** The cluster goes when this process goes. */
  readonly owned: boolean
  /** Slots that turned out to have a port taken. */
  readonly avoid?: ReadonlySet<number>
}

/** Another cluster of this machine has the one node. */
export class NodeTakenError extends Error {
  readonly holder: ClusterRecord

  constructor(holder: ClusterRecord) {
    const who = holder.owner === null ? `until "testbed down --dir ${holder.dir}"` : `of process ${holder.owner.pid}`
    super(`This machine's one testbed node is taken by the cluster in ${holder.dir}, ${who}`)
    this.holder = holder
  }

  /** It is another process's test, which ends some time. */
  get isPassing(): boolean {
    return this.holder.owner !== null && this.holder.owner.pid !== process.pid
  }
}

async function freeSlot(taken: ReadonlySet<number>): Promise<number> {
  for (let slot = 0; slot < slotCount; slot++) {
    if (!taken.has(slot) && (await arePortsFree(portsOfSlot(slot)))) return slot
  }
  throw new Error(`All ${slotCount} blocks of ports for testbed clusters are taken`)
}

async function writeRecord(record: ClusterRecord): Promise<void> {
  const file = recordFile(record.slot)
  await writeFile(`${file}.new`, `${JSON.stringify(record)}\n`)
  await rename(`${file}.new`, file)
}

/** Takes a slot for a new cluster, after clearing what dead owners left. */
export function register(registration: Registration, teardown: Teardown): Promise<ClusterRecord & { ports: Ports }> {
  return withRegistry(async () => {
    const living = await sweepRecords(teardown)
    const holder = living.find((record) => record.node)
    if (registration.node && holder !== undefined) throw new NodeTakenError(holder)
    const slot = await freeSlot(new Set([...living.map((record) => record.slot), ...(registration.avoid ?? [])]))
    const record: ClusterRecord = {
      slot,
      dir: registration.dir,
      owner: registration.owned ? processIdentity(process.pid)! : null,
      node: registration.node,
      bootId: bootId(),
    }
    await writeRecord(record)
    return { ...record, ports: portsOfSlot(slot) }
  })
}

/** Clears one cluster, then forgets it: whoever dies in between leaves a record to sweep. */
export async function unregister(record: ClusterRecord, teardown: Teardown): Promise<void> {
  await teardown(record)
  await withRegistry(() => rm(recordFile(record.slot), { force: true }))
}
