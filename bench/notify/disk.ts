import { mkdtemp, open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const blockBytes = 8_192

/** Milliseconds of each of many small appends to a file until the disk has it: what no log on this disk can do without. */
export async function measureDisk(folder: string, seconds: number, perSecond: number): Promise<number[]> {
  const file = await open(join(await mkdtemp(join(folder, 'disk-')), 'appended'), 'w')
  const block = Buffer.alloc(blockBytes, 1)
  const timesMs: number[] = []
  try {
    while (timesMs.length < seconds * perSecond) {
      const startMs = performance.now()
      await file.write(block)
      await file.datasync()
      timesMs.push(performance.now() - startMs)
      await sleep(1000 / perSecond)
    }
  } finally {
    await file.close()
  }
  return timesMs
}
