/** Runs the whole fault matrix and writes docs/reliability.md: `node hack/faults/run.ts`. About half an hour. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeReliability } from './reliability.ts'

const root = join(import.meta.dirname, '../..')
const folder = await mkdtemp(join(tmpdir(), 'dogwatch-faults-'))
const records = join(folder, 'records')
const files: string[] = []
for await (const file of glob('test/integration/faults/*.test.ts', { cwd: root })) files.push(file)
let isGood = true
for (const file of files.sort()) {
  const env = { ...process.env, DOGWATCH_TEST: 'full', DOGWATCH_FAULT_RECORDS: records }
  const mocha = join(root, 'node_modules/.bin/mocha')
  const child = spawn(process.execPath, [mocha, file], { cwd: root, env, stdio: 'inherit' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  isGood = isGood && code === 0
}
if (existsSync(records)) writeReliability(records)
await rm(folder, { recursive: true })
process.exitCode = isGood ? 0 : 1
