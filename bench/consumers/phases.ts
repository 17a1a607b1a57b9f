/** What a benchmark program says of itself, in lines of JSON, and hears. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { cpuMs } from './arrivals.ts'

export function sayPhase(phase: string, fields: Readonly<Record<string, string | number>> = {}): void {
  process.stdout.write(`${JSON.stringify({ phase, cpuMs: cpuMs(), ...fields, ...memory() })}\n`)
}

function memory(): { rssBytes: number; peakBytes: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { rssBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') }
}

/** Resolves when a line came on standard input. */
export async function whenTold(): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  await new Promise((resolve) => lines.once('line', resolve))
  lines.close()
}
