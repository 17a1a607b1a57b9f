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
  readonly line: number
  readonly language: string
  readonly text: string
}

/** Every fenced block of a document. */
export function fencedBlocks(document: string): FencedBlock[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    document,
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }))
}

const shellNames = ['sh', 'bash', 'shell', 'console']

export function commandBlocks(): CommandBlock[] {
  return documents()
    .flatMap(fencedBlocks)
    .filter(({ language }) => shellNames.includes(language))
    .map(({ document, line, text }) => ({ document, line, script: text, commands: commandsOf(text) }))
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
