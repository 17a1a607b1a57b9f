/** From results to what people and programs read. Pure. */
import type { Bar, Subject, WorkResult } from './work.ts'

export interface Environment {
  readonly commit: string
  /** RFC 3339. */
  readonly startedAt: string
  readonly isQuick: boolean
  readonly machine: { readonly processor: string; readonly cores: number; readonly memoryBytes: number }
  /** Of one minute, when the run began, before it did anything: what else the machine had to do. */
  readonly loadAverage: number
  readonly versions: Readonly<Record<string, string>>
  readonly cluster: { readonly nodes: number; readonly pods: number }
}

export interface WorkReport extends WorkResult {
  readonly name: string
  readonly title: string
}

export interface Report {
  readonly environment: Environment
  readonly seconds: number
  readonly works: readonly WorkReport[]
  /** Works that could not be measured, with the reason. */
  readonly failures: readonly { readonly title: string; readonly reason: string }[]
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** Nearest rank: the smallest value that `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN
}

export function isMet({ value, comparison, limit }: Bar): boolean {
  return comparison === '<=' ? value <= limit : value >= limit
}

/** How the bar was met or missed, in words. */
export function verdict(bar: Bar): string {
  if (isMet(bar)) return 'met'
  if (!Number.isFinite(bar.value)) return 'NOT MET: not measured'
  const factor = bar.comparison === '<=' ? bar.value / bar.limit : bar.limit / bar.value
  return `NOT MET, ${percentOver(factor)} off`
}

const percentOver = (factor: number): string => `${Math.max(1, Math.round((factor - 1) * 100))} %`

export function unmetBars(report: Report): readonly Bar[] {
  return report.works.flatMap(({ bars }) => bars.filter((bar) => !isMet(bar)))
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 100e6 ? 1 : 0)

function significant(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value === 0) return '0'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(value >= 1 ? 3 : 2)))
}

/** The median, and the range where there is one. */
function spread(values: readonly number[] | undefined, show: (value: number) => string): string {
  if (values === undefined || values.length === 0) return '-'
  const middle = show(median(values))
  const [low, high] = [show(Math.min(...values)), show(Math.max(...values))]
  return low === high ? middle : `${middle} (${low} to ${high})`
}

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(2)

const subjectHeader = ['', 'time s', 'CPU s', 'peak MB', 'RSS MB', 'other']

function subjectRow(subject: Subject): string[] {
  const figures = Object.entries(subject.figures ?? {}).map(([name, value]) => `${name} ${significant(value)}`)
  return [
    subject.name,
    spread(subject.timesMs, seconds),
    spread(subject.cpuMs, seconds),
    spread(subject.peakBytes, megabytes),
    spread(subject.rssBytes, megabytes),
    figures.join(', ') || '-',
  ]
}

const barHeader = ['bar', 'wanted', 'measured', '']

function barRow(bar: Bar): string[] {
  const unit = bar.unit === 'x' ? 'x' : ` ${bar.unit}`
  return [bar.what, `${bar.comparison} ${bar.limit}${unit}`, `${significant(bar.value)}${unit}`, verdict(bar)]
}

/** Columns without content in any row are left out. */
function usedColumns(header: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  const used = header.map((_, column) => column === 0 || rows.some((row) => row[column] !== '-'))
  return [header, ...rows].map((row) => row.filter((_, column) => used[column]))
}

function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = usedColumns(header, rows)
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = usedColumns(header, rows)
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
}

function environmentLines({ environment, seconds: total }: Report): string[] {
  const { machine, versions, cluster } = environment
  const memory = Math.round(machine.memoryBytes / 2 ** 30)
  return [
    `Commit ${environment.commit}, ${environment.startedAt}, ${Math.round(total)} s${environment.isQuick ? ', QUICK=1' : ''}.`,
    `Machine: ${machine.cores} cores (${machine.processor}), ${memory} GiB, load ${environment.loadAverage.toFixed(1)} at the start; the API server runs on the same cores.`,
    `Cluster: ${cluster.nodes} nodes, ${cluster.pods} pods of about 6 KB.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
  ]
}

function summary(report: Report): string {
  const bars = report.works.flatMap((work) => work.bars)
  const missed = unmetBars(report).length
  const failed = report.failures.length === 0 ? '' : `, ${report.failures.length} not measured`
  return `${bars.length - missed} of ${bars.length} bars met${failed}`
}

/** For a terminal. */
export function renderText(report: Report): string {
  const sections = report.works.map((work) =>
    [
      work.title,
      textTable(subjectHeader, work.subjects.map(subjectRow)),
      ...(work.bars.length === 0 ? [] : [textTable(barHeader, work.bars.map(barRow))]),
      ...work.notes.map((note) => `  ${note}`),
    ].join('\n'),
  )
  const failures = report.failures.map(({ title, reason }) => `${title}\n  NOT MEASURED: ${reason}`)
  return [...environmentLines(report), '', [...sections, ...failures].join('\n\n'), '', summary(report)].join('\n')
}

const introduction = [
  '# Performance',
  '',
  'Written by `make bench`: one run, both sides in turn on the same machine against the same data. Times are wall time of',
  'the whole process unless said otherwise; several figures are median (lowest to highest). The bars were set before the',
  'first measurement; a bar that is not met says so.',
]

/** For `docs/performance.md`. */
export function renderMarkdown(report: Report): string {
  const sections = report.works.flatMap((work) => [
    '',
    `## ${work.title}`,
    '',
    markdownTable(subjectHeader, work.subjects.map(subjectRow)),
    ...(work.bars.length === 0 ? [] : ['', markdownTable(barHeader, work.bars.map(barRow))]),
    ...(work.notes.length === 0 ? [] : ['', ...work.notes.map((note) => `* ${note}`)]),
  ])
  const failures = report.failures.flatMap(({ title, reason }) => ['', `## ${title}`, '', `Not measured: ${reason}`])
  const head = [
    ...introduction,
    '',
    ...environmentLines(report).map((line) => `* ${line}`),
    '',
    `**${summary(report)}.**`,
  ]
  return `${[...head, ...sections, ...failures].join('\n')}\n`
}
