/**
 * Makes docs/images/demo.svg, the picture in the README, from a real run: `node hack/picture.ts` runs the timed demo and
 * draws what it printed. `--from FILE` draws an earlier run's output.
 *
 * Of the run it shows the fullest nodes, a node's warning and its recovery, and a crash with the end of its log and its recovery;
 * whatever it leaves out inside of these is marked with an ellipsis. Each line is stretched to its exact width, so that columns stand whatever font there is.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '..')
const shownNodes = 4
const longestLine = 132

const { values } = parseArgs({
  options: { from: { type: 'string' }, out: { type: 'string', default: join(root, 'docs/images/demo.svg') } },
})

async function runDemo(): Promise<string> {
  const child = spawn(process.execPath, [join(root, 'hack/demo/run.ts')], {
    env: { ...process.env, DEMO_SECONDS: '60' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  const [code] = await exited
  if (code !== 0) throw new Error(`the demo ended with ${code}:\n${text}`)
  return text
}

/** The lines under a heading of the demo, up to the next one. */
function section(lines: readonly string[], heading: string): string[] {
  const start = lines.findIndex((line) => line.startsWith('──') && line.includes(heading))
  if (start < 0) throw new Error(`the demo printed nothing under "${heading}"`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => line.startsWith('──'))
  return rest.slice(0, end < 0 ? undefined : end).filter((line) => line.trim() !== '')
}

/** A message of the console: its first line and the indented ones below it. */
function message(lines: readonly string[], word: string, about: string): string[] {
  const start = lines.findIndex((line) => line.includes(`  ${word}  `) && line.includes(` ${about}`))
  if (start < 0) throw new Error(`the demo printed no ${word} about ${about}`)
  const rest = lines.slice(start + 1)
  const end = rest.findIndex((line) => !line.startsWith('    '))
  return [lines[start] ?? '', ...rest.slice(0, end < 0 ? undefined : end)].map(cut)
}

function cut(line: string): string {
  return line.length <= longestLine ? line : `${line.slice(0, longestLine - 1)}…`
}

function scenes(text: string): string[] {
  const lines = text.split('\n')
  const table = section(lines, 'What the cluster looks like')
  return [
    '$ dogwatch capacity nodes --sort cpu.requests.percent',
    ...table.slice(0, shownNodes),
    '…',
    '',
    '$ dogwatch operator',
    ...message(lines, 'WARNING', 'Node'),
    ...message(lines, 'RESOLVED', 'Node'),
    ...message(lines, 'WARNING', 'Deployment'),
    ...message(lines, 'RESOLVED', 'Deployment'),
  ]
}

const size = { font: 13, line: 19, advance: 7.83, margin: 18, bar: 30 }
const colors = { paper: '#0f1620', bar: '#1b2533', ink: '#d5dde8', faint: '#7f8da0', ask: '#8ab4f8' }
const words: Readonly<Record<string, string>> = { WARNING: '#f5b945', RESOLVED: '#5fce8b', CRITICAL: '#ff7b72' }

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The inside of a line: commands, the word that says what it is about, and the facts below a title in their own colors. */
function painted(line: string): string {
  if (line.startsWith('$ ')) return `<tspan fill="${colors.ask}">${escapeText(line)}</tspan>`
  if (line.startsWith('    ') || line === '…') return `<tspan fill="${colors.faint}">${escapeText(line)}</tspan>`
  const word = Object.keys(words).find((candidate) => line.includes(`  ${candidate}  `))
  if (word === undefined) return escapeText(line)
  const [before = '', after = ''] = line.split(word, 2)
  return `<tspan fill="${colors.faint}">${escapeText(before)}</tspan><tspan fill="${words[word]}" font-weight="bold">${word}</tspan>${escapeText(after)}`
}

function drawLine(line: string, index: number): string {
  if (line === '') return ''
  const y = size.bar + size.margin + (index + 0.7) * size.line
  const width = (line.length * size.advance).toFixed(1)
  return `<text x="${size.margin}" y="${y.toFixed(1)}" textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${painted(line)}</text>\n`
}

function draw(lines: readonly string[]): string {
  const columns = Math.max(...lines.map((line) => line.length))
  const width = Math.ceil(columns * size.advance + 2 * size.margin)
  const height = Math.ceil(size.bar + lines.length * size.line + 2 * size.margin)
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${size.margin + 4 + index * 18}" cy="${size.bar / 2}" r="5" fill="${fill}"/>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Dogwatch at work, as text of a terminal">
<rect width="${width}" height="${height}" rx="8" fill="${colors.paper}"/>
<path d="M0 ${size.bar}V8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${size.bar - 8}z" fill="${colors.bar}"/>
${dots.join('\n')}
<g fill="${colors.ink}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${size.font}">
${lines.map(drawLine).join('')}</g>
</svg>
`
}

const output = values.from === undefined ? await runDemo() : await readFile(values.from, 'utf8')
await writeFile(values.out, draw(scenes(output)))
console.log(values.out)
