/**
 * Appends each message as one JSON line to a file that rotates: `name` is the newest, `name.1` the one before, up to
 * `maxFiles`. A line is never split between two files.
 */
import { appendFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { Delivery, Notifier } from '../notifier.ts'

export interface FileOptions {
  /** The folder that no receiver leaves. */
  readonly folder: string
  /** Relative to `folder`. */
  readonly path: string
  readonly maxBytes: number
  /** All files together, the newest included; at least 1. */
  readonly maxFiles: number
}

export function createFileNotifier(options: FileOptions): Notifier {
  const path = resolveInside(options.folder, options.path)
  let last: Promise<unknown> = Promise.resolve()
  const write = async (line: string): Promise<Delivery> => {
    try {
      await append(path, line, options)
      return { sent: true }
    } catch (error) {
      const message = `cannot write ${options.path}: ${errorText(error)}`
      return { sent: false, retry: true, reason: 'server', message }
    }
  }
  return {
    rate: { burst: 1_000, intervalMs: 1 },
    // One line after the other: two that rotate at once would lose one.
    notify: (message) => {
      const writing = last.then(() => write(`${JSON.stringify(message)}\n`))
      last = writing
      return writing
    },
  }
}

/** Throws INVALID_SPEC when the path would leave the folder. */
function resolveInside(folder: string, path: string): string {
  const full = resolve(folder, path)
  if (full.startsWith(resolve(folder) + sep)) return full
  throw new OperatorError(
    'INVALID_SPEC',
    `spec.file.path: "${path}" leaves the operator's folder for receivers; name a file in it`,
  )
}

async function append(path: string, line: string, options: FileOptions): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const size = await sizeOf(path)
  if (size > 0 && size + Buffer.byteLength(line) > options.maxBytes) await rotate(path, options.maxFiles)
  await appendFile(path, line, { mode: 0o640 })
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

async function rotate(path: string, maxFiles: number): Promise<void> {
  await rm(maxFiles === 1 ? path : `${path}.${maxFiles - 1}`, { force: true })
  for (let age = maxFiles - 2; age >= 0; age -= 1) {
    const from = age === 0 ? path : `${path}.${age}`
    if ((await sizeOf(from)) > 0) await rename(from, `${path}.${age + 1}`)
  }
}
