/**
 * Where what is built once is kept, outside the checkout: `<cache>/<name>-<version>/`.
 *
 * A folder there is complete or absent: it is made under a temporary name and renamed, and a file lock lets one process
 * at a time make it. The lock is the kernel's (flock on an open file), so it ends with the process that held it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export function cacheFolder(): string {
  const { DOGWATCH_CACHE, XDG_CACHE_HOME } = process.env
  return DOGWATCH_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dogwatch')
}

/** Runs `action` while holding the machine-wide lock on `path`, waiting for whoever has it. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'a')
  try {
    await lockOpenFile(file.fd)
    return await action()
  } finally {
    await file.close()
  }
}

/** The lock belongs to the open file that the `flock` command inherits, so it outlives the command. */
function lockOpenFile(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--exclusive', '3'], { stdio: ['ignore', 'inherit', 'inherit', descriptor] })
    child.once('error', (cause) => reject(new Error('flock cannot run: install util-linux', { cause })))
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`flock ended with ${code}`))))
  })
}

const makingSuffix = '.making-'

/** What a killed process was making; nobody else can be at it, as the lock is ours. */
async function removeUnfinished(folder: string): Promise<void> {
  const prefix = `${basename(folder)}${makingSuffix}`
  for (const name of await readdir(dirname(folder))) {
    if (name.startsWith(prefix)) await rm(join(dirname(folder), name), { recursive: true, force: true })
  }
}

/**
 * The cached folder of that name, made by `fill` (which gets an empty folder to write to) when it is absent.
 * Whoever comes second waits for the first and finds it made.
 */
export async function cachedFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name)
  if (existsSync(folder)) return folder
  return withFileLock(`${folder}.lock`, async () => {
    if (existsSync(folder)) return folder
    await removeUnfinished(folder)
    const temporary = await mkdtemp(`${folder}${makingSuffix}`)
    try {
      await fill(temporary)
      await rename(temporary, folder)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return folder
  })
}
