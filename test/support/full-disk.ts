/** A small file system of its own that a test can fill. */
import { type FileHandle, mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mustRun, runCommand } from '../../hack/testbed/run-command.ts'

export interface SmallDisk {
  readonly folder: string
  /** Takes all the space that is left. */
  fill(): Promise<void>
  /** Gives it back. */
  empty(): Promise<void>
  remove(): Promise<void>
}

/** Undefined where this machine lets nobody mount one. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk | undefined> {
  const base = await mkdtemp(join(tmpdir(), 'dogwatch-disk-'))
  const [image, folder] = [join(base, 'image'), join(base, 'mounted')]
  await mkdir(folder)
  await writeFile(image, '')
  await truncate(image, megabytes * 1024 * 1024)
  const isMounted =
    (await runs('mkfs.ext4', ['-q', '-m', '0', image])) && (await runs('mount', ['-o', 'loop', image, folder]))
  if (!isMounted) {
    await rm(base, { recursive: true })
    return undefined
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: async () => {
      const file = await open(ballast, 'a')
      for (const size of [1_048_576, 65_536, 4_096, 512]) while (await fits(file, Buffer.alloc(size, 1)));
      await file.close()
    },
    empty: () => rm(ballast, { force: true }),
    remove: async () => {
      // Lazily: a failed test may have left something open there.
      await mustRun('umount', ['--lazy', folder])
      await rm(base, { recursive: true })
    },
  }
}

async function runs(program: string, args: readonly string[]): Promise<boolean> {
  const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`
  const result = await runCommand(program, args, { env: { ...process.env, PATH: path } }).catch(() => undefined)
  return result?.code === 0
}

async function fits(file: FileHandle, bytes: Buffer): Promise<boolean> {
  try {
    const { bytesWritten } = await file.write(bytes)
    await file.sync()
    return bytesWritten === bytes.length
  } catch {
    return false
  }
}
