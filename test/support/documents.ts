/** The documents that people read, and the commands in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** A ```sh block: one shell runs it from top to bottom. */
export interface CommandBlock {
  /** From the checkout's root. */
  readonly document: string
  readonly line: number
  readonly script: string
  /** Its commands one by one, without comments; a here-document belongs to its command. */
  readonly commands: readonly string[]
}

export function documents(): string[] {
  const top = readdirSync(root).filter((name) => name.endsWith('.md'))
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  return [...top, ...pages.map((name) => relative(root, join(root, 'docs', name)))].sort()
}

export interface FencedBlock {
  readonly document: string
  /** The nearest heading above it. */
  readonly heading: string
  readonly line: number
  readonly language: string
  readonly text: string
}

/** Every fenced block of a document. */
export function fencedBlocks(document: string): FencedBlock[] {
  return blocksOf(readFileSync(join(root, document), 'utf8')).map((block) => ({ document, ...block }))
}

/** One pass over the lines: what looks like a heading inside a block is none. */
function blocksOf(markdown: string): Omit<FencedBlock, 'document'>[] {
  const blocks: Omit<FencedBlock, 'document'>[] = []
  let heading = ''
  let open: { readonly heading: string; readonly line: number; readonly language: string; text: string } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open === undefined) {
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading
      const language = /^```(.*)$/.exec(line)?.[1]
      if (language !== undefined) open = { heading, line: index + 1, language, text: '' }
    } else if (line === '```') {
      blocks.push(open)
      open = undefined
    } else open.text += `${line}\n`
  }
  return blocks
}

const shellNames = ['sh', 'bash', 'shell', 'console']

export function commandBlocks(): CommandBlock[] {
  return documents()
    .flatMap(fencedBlocks)
    .filter(({ language }) => shellNames.includes(language))
    .map(({ document, line, text }) => ({ document, line, script: text, commands: commandsOf(text) }))
}

/** The scripts of a document by the heading they stand under, in their order. */
export function scriptsByHeading(markdown: string): ReadonlyMap<string, readonly string[]> {
  const blocks = blocksOf(markdown).filter(({ language }) => shellNames.includes(language))
  const groups = Map.groupBy(blocks, ({ heading }) => heading)
  return new Map([...groups].map(([heading, group]) => [heading, group.map(({ text }) => text)]))
}

function commandsOf(script: string): string[] {
  const commands: string[] = []
  let open: { readonly isOver: (line: string) => boolean; readonly lines: string[] } | undefined
  for (const line of script.split('\n')) {
    if (open !== undefined) {
      open.lines.push(line)
      if (!open.isOver(line)) continue
      commands.push(open.lines.join('\n'))
      open = undefined
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      const end = /<<-?'?(\w+)/.exec(line)?.[1]
      if (end !== undefined) open = { lines: [line], isOver: (next) => next === end }
      else if (line.endsWith('\\')) open = { lines: [line], isOver: (next) => !next.endsWith('\\') }
      else commands.push(line)
    }
  }
  return commands
}
