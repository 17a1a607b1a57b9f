/**
 * A message as HTML that a phone shows well: one column, no images, nothing loaded from elsewhere, light or dark as the reader
 * has it. Mail programs drop style sheets at will, so every element carries what it needs; the sheet only adds the dark colours.
 */
import type { Attachment } from '../../../model/alert.ts'
import { cutEnd, lastLines } from '../../cut.ts'
import type { Layout, Section, Tone } from '../../layout.ts'

const colours: Readonly<Record<Tone, string>> = {
  critical: '#b3261e',
  warning: '#a15c00',
  info: '#1a5fb4',
  over: '#1e7d3c',
  quiet: '#5c6370',
}

/** Gmail cuts a mail off after 102 KB. */
const longestHtml = 90_000
const sectionsInFull = 20
/** A phone shows no more at a time; the whole log is attached. */
const oneLog = { lines: 15, length: 2_000 }
const manyLogs = { lines: 5, length: 700 }

/** How much of each log the mail itself shows. */
export function inlineLogOf({ sections }: Layout): typeof oneLog {
  return sections.length === 1 ? oneLog : manyLogs
}

/** Whether the mail itself shows all of a log. */
export function isWhollyInline({ text }: Attachment, layout: Layout): boolean {
  const { lines, length } = inlineLogOf(layout)
  return layout.text === undefined && lastLines(text, lines, length) === text.trimEnd()
}

export function htmlOf(layout: Layout): string {
  const { word, headline, clusterName } = layout
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(headline)}</title><style>${darkColours}</style></head>`,
    `<body class="page" style="margin:0;padding:0;background:#eef0f3;${font}">`,
    `<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(previewOf(layout))}</div>`,
    '<div style="max-width:640px;margin:0 auto;padding:12px">',
    `<div class="card" style="background:#ffffff;border-radius:10px;border-top:6px solid ${colours[layout.tone]};padding:16px">`,
    `<div style="margin-bottom:8px">${badge(word, layout.tone)}${clusterName === undefined ? '' : chip(clusterName)}</div>`,
    `<h1 class="text" style="margin:0 0 12px;font-size:19px;line-height:1.3;color:#16191d;${wrap}">${escapeHtml(headline)}</h1>`,
    ...bodyHtml(layout),
    '</div>',
    footHtml(layout),
    '</div></body></html>',
  ].join('\n')
}

const font = 'font-family:-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,Helvetica,Arial,sans-serif;'
const mono = 'font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;'
const wrap = 'overflow-wrap:anywhere;word-break:break-word;'

const darkColours = `@media (prefers-color-scheme:dark){
.page{background:#111418!important}.card{background:#1b2026!important}.text{color:#e8eaed!important}
.soft{color:#9aa3ad!important}.box{background:#252b33!important;color:#e8eaed!important}
.rule{border-color:#333b45!important}.link{color:#8ab4f8!important}}`

/** What a phone shows beside the subject before the mail is opened. */
function previewOf({ sections, headline, text }: Layout): string {
  const [first] = sections
  return cutEnd(text ?? first?.facts.join(' · ') ?? headline, 200)
}

function badge(word: string, tone: Tone): string {
  const style = `display:inline-block;background:${colours[tone]};color:#ffffff;font-weight:700;font-size:13px;letter-spacing:.04em;border-radius:4px;padding:3px 8px`
  return `<span style="${style}">${escapeHtml(word)}</span>`
}

function chip(text: string): string {
  return ` <span class="soft" style="color:#5c6370;font-size:14px;margin-left:6px;${wrap}">${escapeHtml(text)}</span>`
}

function bodyHtml(layout: Layout): string[] {
  if (layout.text === undefined) return sectionsHtml(layout)
  const style = `margin:0;font-size:15px;line-height:1.45;color:#30353b;white-space:pre-wrap;${wrap}`
  return [`<div class="text" style="${style}">${escapeHtml(cutEnd(layout.text, longestHtml / 2))}</div>`]
}

function sectionsHtml(layout: Layout): string[] {
  const made: string[] = []
  let left = longestHtml
  for (const [index, section] of layout.sections.entries()) {
    const html = sectionHtml(section, layout, index > 0)
    if (index >= sectionsInFull || html.length > left) {
      return [...made, titlesHtml(layout.sections.slice(index), left)]
    }
    left -= html.length
    made.push(html)
  }
  return made
}

function sectionHtml(section: Section, layout: Layout, isFurther: boolean): string {
  const { title, word, tone, facts, source } = section
  const rule = isFurther ? 'border-top:1px solid #dfe3e8;margin-top:16px;padding-top:16px' : ''
  const head =
    title === undefined
      ? ''
      : `<div style="margin-bottom:6px">${badge(word, tone)}</div><h2 class="text" style="margin:0 0 8px;font-size:16px;line-height:1.35;color:#16191d;${wrap}">${escapeHtml(cutEnd(title, 500))}</h2>`
  const lines = facts.map(
    (fact) =>
      `<p class="text" style="margin:0 0 6px;font-size:15px;line-height:1.45;color:#30353b;${wrap}">${escapeHtml(cutEnd(fact, 600))}</p>`,
  )
  const origin = `<p class="soft" style="margin:10px 0 0;font-size:12px;line-height:1.4;color:#5c6370;${wrap}">${escapeHtml(cutEnd(source, 600))}</p>`
  return `<div class="rule" style="${rule}">${head}${lines.join('')}${logHtml(section, layout)}${origin}${nextHtml(section)}</div>`
}

function logHtml({ log }: Section, layout: Layout): string {
  if (log === undefined) return ''
  const { lines, length } = inlineLogOf(layout)
  const shown = lastLines(log.text, lines, length)
  const caption = shown === log.text.trimEnd() ? log.name : `${log.name}, its end; the whole is attached`
  const style = `margin:0;padding:10px;background:#f3f5f7;border-radius:6px;font-size:12px;line-height:1.45;color:#16191d;white-space:pre-wrap;${wrap}${mono}`
  const label = `<p class="soft" style="margin:10px 0 4px;font-size:12px;color:#5c6370;${wrap}">${escapeHtml(caption)}</p>`
  return `${label}<pre class="box" style="${style}">${escapeHtml(shown)}</pre>`
}

function nextHtml({ next, runbookURL }: Section): string {
  const commands = next.flatMap((line) => line.split('; ')).map(commandHtml)
  const href = runbookURL === undefined ? '' : escapeHtml(runbookURL)
  const link = `<p style="margin:10px 0 0"><a class="link" href="${href}" style="color:#1a5fb4;font-size:15px;font-weight:600">Open the runbook</a></p>`
  if (commands.length === 0) return href === '' ? '' : link
  const label = '<p class="text" style="margin:14px 0 4px;font-size:13px;font-weight:700;color:#30353b">Next</p>'
  return `${label}${commands.join('')}${href === '' ? '' : link}`
}

function commandHtml(command: string): string {
  const style = `margin:0 0 6px;padding:8px 10px;background:#f3f5f7;border-radius:6px;font-size:13px;line-height:1.4;color:#16191d;${wrap}${mono}`
  return `<div class="box" style="${style}">${escapeHtml(cutEnd(command, 400))}</div>`
}

function titlesHtml(sections: readonly Section[], room: number): string {
  const lines: string[] = []
  let left = room
  for (const { word, title = '' } of sections) {
    const line = `<p class="text" style="margin:0 0 6px;font-size:14px;color:#30353b;${wrap}">${escapeHtml(`${word}  ${cutEnd(title, 200)}`)}</p>`
    left -= line.length
    if (left < 0) break
    lines.push(line)
  }
  const missing = sections.length - lines.length
  const more =
    missing === 0 ? '' : `<p class="soft" style="color:#5c6370">and ${missing} more: dogwatch alerts list</p>`
  return `<div class="rule" style="border-top:1px solid #dfe3e8;margin-top:16px;padding-top:16px">${lines.join('')}${more}</div>`
}

function footHtml({ notes, at }: Layout): string {
  const lines = [...notes, `Dogwatch, ${at}`].map(
    (note) =>
      `<p class="soft" style="margin:0 0 4px;font-size:12px;line-height:1.4;color:#5c6370;${wrap}">${escapeHtml(note)}</p>`,
  )
  return `<div style="padding:12px 4px">${lines.join('')}</div>`
}

/** Names come from strangers. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
