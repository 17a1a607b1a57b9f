import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')

/**
 * Compares a part of a document that is made from code: what stands between `<!-- NAME: ... -->` and `<!-- end of NAME -->`.
 * UPDATE_GOLDEN=1 writes it instead.
 */
export function expectDocumentBlock(path: string, name: string, made: string): void {
  const full = join(root, path)
  const text = readFileSync(full, 'utf8')
  const [, before = '', block, after = ''] =
    new RegExp(`^(.*<!-- ${name}: [^\\n]* -->\\n)(.*?)(<!-- end of ${name} -->.*)$`, 's').exec(text) ?? []
  expect(block, `${path} has no block ${name}`).not.to.equal(undefined)
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(full, `${before}${made}${after}`)
  else expect(block, `${path}, ${name}: write it with UPDATE_GOLDEN=1`).to.equal(made)
}

/** A Markdown table; a bar in a cell is escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [line(head), `|${head.map(() => '---|').join('')}\n`, ...rows.map(line)].join('')
}
