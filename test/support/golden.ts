import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'

/** Compares a text with the file kept for it below test/golden; `UPDATE_GOLDEN=1` writes the file instead, to be read before it is committed. */
export function expectGolden(name: string, text: string): void {
  const file = join(import.meta.dirname, '../golden', name)
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return
  }
  expect(existsSync(file), `${file} is missing: make it with UPDATE_GOLDEN=1`).to.equal(true)
  expect(text).to.equal(readFileSync(file, 'utf8'))
}
