/** docs/reliability.md: what each fault did to what people hear, from the records that the fault tests leave. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FaultRecord } from '../../test/support/faults/fault-case.ts'

const root = join(import.meta.dirname, '../..')

/** `records`: a file with one record as JSON a line. */
export function writeReliability(records: string): void {
  const lines = readFileSync(records, 'utf8').split('\n').filter(Boolean)
  const text = reliabilityPage(
    lines.map((line) => JSON.parse(line) as FaultRecord),
    { commit: commit(), time: new Date().toISOString() },
  )
  writeFileSync(join(root, 'docs/reliability.md'), text)
}

export function reliabilityPage(
  records: readonly FaultRecord[],
  { commit: at, time }: { readonly commit: string; readonly time: string },
): string {
  const areas = [...new Set(records.map(({ area }) => area))]
  const asExpected = records.filter(({ expected, recorded }) => expected === recorded).length
  const notRun = records.filter(isNotRun).length
  const left = notRun === 0 ? '' : ` ${notRun} could not run on that machine; each says why.`
  return [
    '# Reliability',
    `**${asExpected} of ${records.length} cases as expected.**${left}`,
    [
      'Written by `make test-full`, which runs every case; `make test` runs the most telling ones. A case is a real process with the real log',
      'and real sockets, a receiver that notes what comes, and a fault. That nothing came is said only after a later alert, a marker, has',
      'arrived. What each channel promises is explained in [channels.md](channels.md).',
    ].join('\n'),
    `* Commit ${at}, ${time}.`,
    [
      'How to read a result: `first` is the first message of an incident, `resolved` its last. Where a receiver knows a repeat by its key',
      '(`Idempotency-Key`, `dedup_key`), messages are counted by key, as such a receiver does. `(possible repeat)` stands where the message',
      'itself says so.',
    ].join('\n'),
    [
      '**A known gap.** Where etcd is rolled back and its resourceVersion has passed the old one before the operator reads again, the operator',
      'does not notice what the rollback took away: such an alert stays open until the operator is started again. New alerts come.',
    ].join('\n'),
    ...areas.map((area) =>
      section(
        area,
        records.filter((record) => record.area === area),
      ),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}

function section(area: string, records: readonly FaultRecord[]): string {
  const head = ['| Channel | Promise | Fault | Expected | Recorded |', '| --- | --- | --- | --- | --- |']
  return [`## ${capital(area)}`, '', ...head, ...records.map(row)].join('\n')
}

function row(record: FaultRecord): string {
  const { channel, promise, fault, expected, recorded } = record
  const shown = expected === recorded || isNotRun(record) ? recorded : `**${recorded}**`
  return `| ${[channel, promise, fault, expected, shown].map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
}

function isNotRun({ recorded }: FaultRecord): boolean {
  return recorded.startsWith('not run')
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function commit(): string {
  try {
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    return `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`
  } catch {
    return 'unknown'
  }
}
