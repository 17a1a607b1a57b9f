/**
 * A message in Slack's blocks. Texts go into `rich_text` and `plain_text` alone: there Slack looks for no mentions, links or
 * formatting, so that what strangers write is shown as it is.
 *
 * Limits: 50 blocks, 150 characters in a header (https://docs.slack.dev/reference/block-kit/blocks), and about 13,200 in all
 * blocks together, which Slack enforces (`msg_blocks_too_long`) without saying so. What has no room is named by its title;
 * beyond that it is counted.
 */
import type { Attachment } from '../../../model/alert.ts'
import { cutEnd, lastLines } from '../../cut.ts'
import type { Layout, Section, Tone } from '../../layout.ts'
import { escapeText } from './fallback-text.ts'

const longestHeader = 150
/** Of the JSON of all blocks: more than Slack counts, so there is room left. */
const longestBlocks = 12_000
/** What is kept for the titles of alerts that are not shown in full. */
const roomForTitles = 2_500
const mostSectionsInFull = 12

const marks: Readonly<Record<Tone, string>> = { critical: '🔴', warning: '🟠', info: '🔵', over: '✅', quiet: '⚪' }

interface PlainText {
  readonly type: 'plain_text'
  readonly text: string
  readonly emoji: false
}

type Inline =
  | { type: 'text'; text: string; style?: { bold?: true; code?: true } }
  | { type: 'link'; url: string; text: string }

interface RichTextBlock {
  type: 'rich_text'
  elements: { type: 'rich_text_section' | 'rich_text_preformatted'; elements: Inline[] }[]
}

export type SlackBlock =
  | RichTextBlock
  | { type: 'header'; text: PlainText }
  | { type: 'context'; elements: PlainText[] }

/** The end of a log as it stands in the message itself. */
interface InlineLog {
  readonly lines: number
  readonly length: number
}

const oneLog: InlineLog = { lines: 25, length: 2_400 }
const manyLogs: InlineLog = { lines: 6, length: 600 }

function inlineLogOf({ sections }: Layout): InlineLog {
  return sections.length === 1 ? oneLog : manyLogs
}

/** Whether the message itself shows all of a log. */
export function isWhollyInline(log: Attachment, layout: Layout): boolean {
  const { lines, length } = inlineLogOf(layout)
  return layout.text === undefined && lastLines(log.text, lines, length) === log.text.trimEnd()
}

export function blocksOf(layout: Layout): SlackBlock[] {
  const { word, tone, clusterName, headline, text, notes, at } = layout
  const cluster = clusterName === undefined ? '' : `[${clusterName}] `
  const head: SlackBlock = {
    type: 'header',
    text: {
      type: 'plain_text',
      text: cutEnd(`${marks[tone]} ${word}  ${cluster}${headline}`, longestHeader),
      emoji: false,
    },
  }
  const rest = headline.length + cluster.length + word.length + 4 > longestHeader ? [richText([plain(headline)])] : []
  const foot = context([...notes, at])
  const room = longestBlocks - lengthOf([head, ...rest, foot])
  return [head, ...rest, ...(text === undefined ? sectionBlocks(layout, room) : [ownWords(text)]), foot]
}

/** A message that is nothing but a sentence. */
export function plainWords(text: string): { text: string; blocks: SlackBlock[] } {
  return { text: escapeText(text), blocks: [richText([plain(text)])] }
}

/** By the receiver's template. */
function ownWords(text: string): SlackBlock {
  return richText([plain(cutEnd(text, 3_000))])
}

function sectionBlocks(layout: Layout, room: number): SlackBlock[] {
  const { sections } = layout
  const blocks: SlackBlock[] = []
  let left = room
  let shown = 0
  for (const section of sections.slice(0, mostSectionsInFull)) {
    const made = fullSection(section, inlineLogOf(layout))
    const reserve = shown === sections.length - 1 ? 0 : roomForTitles
    if (lengthOf(made) > left - reserve) break
    left -= lengthOf(made)
    shown += 1
    blocks.push(...made)
  }
  return shown === sections.length ? blocks : [...blocks, titlesOnly(sections.slice(shown), left)]
}

/** At most about 11,500 characters of JSON, however much of it is quotes: one alone always has room. */
function fullSection(section: Section, inline: InlineLog): SlackBlock[] {
  const { title, word, facts, log, source } = section
  const head = title === undefined ? [] : [bold(cutEnd(`${word}  ${title}`, 300)), plain('\n')]
  const lines = [...head, ...(facts.length === 0 ? [] : [plain(cutEnd(facts.join('\n'), 1_500))])]
  const text = log === undefined ? '' : lastLines(log.text, inline.lines, inline.length)
  const elements: RichTextBlock['elements'] = [
    ...(lines.length === 0 ? [] : [{ type: 'rich_text_section' as const, elements: lines }]),
    ...(text === '' ? [] : [{ type: 'rich_text_preformatted' as const, elements: [plain(text)] }]),
  ]
  return [
    ...(elements.length === 0 ? [] : [{ type: 'rich_text' as const, elements }]),
    context([cutEnd(source, 600)]),
    ...nextBlock(section),
  ]
}

const mostCommands = 4

function nextBlock({ next, runbookURL }: Section): SlackBlock[] {
  const commands = next.flatMap((line) => line.split('; ')).slice(0, mostCommands)
  const parts: Inline[] = commands.map((text) => ({ type: 'text', text: cutEnd(text, 300), style: { code: true } }))
  if (runbookURL !== undefined) parts.push({ type: 'link', url: runbookURL, text: 'Runbook' })
  const spaced = parts.flatMap((part, index) => (index === 0 ? [part] : [plain('  '), part]))
  return parts.length === 0 ? [] : [richText([bold('Next: '), ...spaced])]
}

/** As many as there is room for; the rest is counted. */
function titlesOnly(sections: readonly Section[], room: number): RichTextBlock {
  const lines: string[] = []
  let left = room - 300
  for (const { word, title } of sections) {
    const line = cutEnd(`${word}  ${title ?? ''}`, 200)
    left -= JSON.stringify(line).length
    if (left < 0) break
    lines.push(line)
  }
  const missing = sections.length - lines.length
  const more = missing === 0 ? [] : [`and ${missing} more: dogwatch alerts list`]
  return richText([plain([...lines, ...more].join('\n'))])
}

function context(texts: readonly string[]): SlackBlock {
  return {
    type: 'context',
    elements: texts
      .slice(0, 10)
      .map((text) => ({ type: 'plain_text', text: cutEnd(text, 1_000), emoji: false }) as const),
  }
}

function richText(elements: Inline[]): RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }
}

function plain(text: string): Inline {
  return { type: 'text', text }
}

function bold(text: string): Inline {
  return { type: 'text', text, style: { bold: true } }
}

function lengthOf(blocks: readonly SlackBlock[]): number {
  return JSON.stringify(blocks).length
}
