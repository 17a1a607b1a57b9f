/**
 * A message as an Adaptive Card. All texts from strangers are text runs: a TextBlock would read them as Markdown.
 *
 * Version 1.4 is what Teams shows on every device; a message with its card may have 28 KB
 * (https://learn.microsoft.com/connectors/teams/, "Message size limit"). Sources: https://adaptivecards.io/explorer,
 * https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference.
 */
import { cutEnd, lastLines } from '../../cut.ts'
import type { Layout, Section, Tone } from '../../layout.ts'

export interface TextRun {
  readonly type: 'TextRun'
  readonly text: string
  readonly weight?: 'Bolder'
  readonly size?: 'Small' | 'Medium' | 'Large'
  readonly color?: 'Attention' | 'Warning' | 'Accent' | 'Good'
  readonly isSubtle?: true
  readonly fontType?: 'Monospace'
}

export interface CardElement {
  readonly type: 'RichTextBlock'
  readonly inlines: readonly TextRun[]
  readonly spacing?: 'None' | 'Small' | 'Medium'
  readonly separator?: true
}

export interface Card {
  readonly type: 'AdaptiveCard'
  readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json'
  readonly version: '1.4'
  /** What notifications and screen readers say. */
  readonly fallbackText: string
  readonly body: readonly CardElement[]
  readonly actions?: readonly { readonly type: 'Action.OpenUrl'; readonly title: string; readonly url: string }[]
  readonly msteams: { readonly width: 'Full' }
}

const longestMessageBytes = 28_000
const roomForTitlesBytes = 4_000
/** What the envelope, the foot and the runbook's link may need. */
const reservedBytes = 5_000
const mostSectionsInFull = 10

const colours: Readonly<Record<Tone, TextRun['color'] | undefined>> = {
  critical: 'Attention',
  warning: 'Warning',
  info: 'Accent',
  over: 'Good',
  quiet: undefined,
}

export function cardOf(layout: Layout): Card {
  const { word, tone, clusterName, headline, sections, notes, at, text } = layout
  const cluster = clusterName === undefined ? '' : `  [${clusterName}]`
  const head = [
    line([
      run(word, { weight: 'Bolder', ...coloured(tone) }),
      ...(cluster === '' ? [] : [run(cutEnd(cluster, 200), soft)]),
    ]),
    line([run(cutEnd(headline, 1_000), { weight: 'Bolder', size: 'Medium' })], { spacing: 'Small' }),
  ]
  const foot = [...notes, at].map((note) => line([run(cutEnd(note, 400), soft)], { spacing: 'Small' }))
  const actions = runbooks(sections)
  const room = longestMessageBytes - reservedBytes - bytesOf(head)
  return {
    ...{ type: 'AdaptiveCard', $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', version: '1.4' },
    fallbackText: cutEnd(`${word}:${cluster} ${headline}`, 500),
    body: [...head, ...(text === undefined ? sectionElements(sections, room) : ownWords(text)), ...foot],
    ...(actions.length === 0 ? {} : { actions }),
    msteams: { width: 'Full' },
  }
}

/** By the receiver's template. */
function ownWords(text: string): CardElement[] {
  const lines = cutEnd(text, 5_000).split('\n').slice(0, 100)
  return lines.map((one) => line([run(one, {})], { spacing: 'Small' }))
}

const soft = { size: 'Small', isSubtle: true } as const

function coloured(tone: Tone): Pick<TextRun, 'color'> | object {
  const color = colours[tone]
  return color === undefined ? {} : { color }
}

function sectionElements(sections: readonly Section[], room: number): CardElement[] {
  const elements: CardElement[] = []
  let left = room
  for (const [index, section] of sections.entries()) {
    const made = sectionOf(section, sections.length)
    const reserve = index === sections.length - 1 ? 0 : roomForTitlesBytes
    if (index >= mostSectionsInFull || bytesOf(made) > left - reserve) {
      return [...elements, ...titlesOnly(sections.slice(index), left)]
    }
    left -= bytesOf(made)
    elements.push(...made)
  }
  return elements
}

function sectionOf({ title, word, tone, facts, log, source, next }: Section, count: number): CardElement[] {
  const head =
    title === undefined
      ? []
      : [
          line(
            [run(`${word}  `, { weight: 'Bolder', ...coloured(tone) }), run(cutEnd(title, 400), { weight: 'Bolder' })],
            { separator: true },
          ),
        ]
  const [lines, length] = count === 1 ? [25, 3_000] : [6, 600]
  const logLines = log === undefined ? [] : lastLines(log.text, lines, length).split('\n')
  const commands = next.flatMap((text) => text.split('; '))
  return [
    ...head,
    ...facts.slice(0, 20).map((fact) => line([run(cutEnd(fact, 400), {})], { spacing: 'Small' })),
    ...logLines.map((text, index) => line([run(text, mono)], { spacing: index === 0 ? 'Small' : 'None' })),
    line([run(cutEnd(source, 400), soft)], { spacing: 'Small' }),
    ...commands.map((text, index) =>
      line([...(index === 0 ? [run('Next: ', { weight: 'Bolder' })] : []), run(cutEnd(text, 300), mono)], {
        spacing: 'Small',
      }),
    ),
  ]
}

const mono = { fontType: 'Monospace', size: 'Small' } as const

/** As many as there is room for; the rest is counted. */
function titlesOnly(sections: readonly Section[], room: number): CardElement[] {
  const elements: CardElement[] = []
  let left = room - 300
  for (const { word, title = '' } of sections) {
    const element = line([run(`${word}  ${cutEnd(title, 150)}`, {})], { spacing: 'Small' })
    left -= bytesOf([element])
    if (left < 0) break
    elements.push(element)
  }
  const missing = sections.length - elements.length
  return missing === 0
    ? elements
    : [...elements, line([run(`and ${missing} more: dogwatch alerts list`, soft)], { spacing: 'Small' })]
}

function runbooks(sections: readonly Section[]) {
  const urls = [...new Set(sections.flatMap(({ runbookURL }) => runbookURL ?? []))]
  return urls
    .filter((url) => url.length <= 500)
    .slice(0, 3)
    .map((url) => ({ type: 'Action.OpenUrl' as const, title: 'Open the runbook', url }))
}

function line(inlines: readonly TextRun[], look: Pick<CardElement, 'spacing' | 'separator'> = {}): CardElement {
  return { type: 'RichTextBlock', inlines, ...look }
}

/** Clients refuse a run without text. */
function run(text: string, look: Omit<TextRun, 'type' | 'text'>): TextRun {
  return { type: 'TextRun', text: text === '' ? ' ' : text, ...look }
}

function bytesOf(elements: readonly CardElement[]): number {
  return Buffer.byteLength(JSON.stringify(elements))
}
