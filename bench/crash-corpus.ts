/** Crashes for search: logs as programs write them, their length spread around a median of 4 KB, the same in every run. */
import type { CrashRecord } from '../src/model/crash.ts'

export const corpusStartMs = Date.UTC(2026, 0, 1)
const namespaceCount = 100
const medianCharacters = 4_096

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const syllables =
  'con nec tion re fus ed time out da ta base ser ver han dle ex cep null poin ter que user order pay ment cart stock ship voice cli ent sta tus load cache'.split(
    ' ',
  )

const vocabulary = ((random) => {
  const word = () =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => syllables[Math.floor(random() * syllables.length)])
  return Array.from({ length: 20_000 }, (_, n) => `${word().join('')}${n % 7 === 0 ? n : ''}`)
})(seededRandom(7))

/** Few words are said often, most seldom. */
function wordOf(random: () => number): string {
  return vocabulary[Math.floor(random() ** 4 * vocabulary.length)] ?? ''
}

function logLine(random: () => number, atMs: number): string {
  const words = (count: number) => Array.from({ length: count }, () => wordOf(random))
  if (random() < 0.15) return `\tat com.shop.${words(3).join('.')}(Main.java:${Math.floor(random() * 900)})`
  const level = random() < 0.5 ? 'INFO' : random() < 0.6 ? 'WARN' : 'ERROR'
  const id = random() < 0.3 ? ` id=${Math.floor(random() * 2 ** 32).toString(16)}` : ''
  const end = random() < 0.2 ? ' connection refused' : ''
  return `${new Date(atMs).toISOString()} ${level} ${words(5 + Math.floor(random() * 10)).join(' ')}${id}${end}`
}

function logText(n: number): string {
  const random = seededRandom(n + 1)
  const spread = (random() + random() + random() - 1.5) * 1.4
  const length = medianCharacters * Math.exp(spread)
  const lines: string[] = n % 997 === 0 ? [`needle${n % 10} in a haystack`] : []
  for (let characters = 0, line = ''; characters < length; characters += line.length + 1) {
    line = logLine(random, corpusStartMs + n * 60_000 + lines.length * 10)
    lines.push(line)
  }
  return lines.join('\n')
}

export function namespaceOf(n: number): string {
  return `team-${n % namespaceCount}`
}

/** Number n; one a minute. */
export function corpusCrash(n: number): CrashRecord {
  const namespace = namespaceOf(n)
  const name = `service-${n % 500}`
  return {
    ...{
      id: `c${n.toString(36).padStart(11, '0')}`,
      atMs: corpusStartMs + n * 60_000,
      seenMs: corpusStartMs + n * 60_000 + 200,
    },
    ...{ namespace, workload: { kind: 'Deployment', namespace, name } },
    pod: {
      name: `${name}-7d9f8b6c5d-${n.toString(36)}`,
      uid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    },
    container: { name: 'app', role: 'app', image: `registry.example/${name}:1.${n % 20}` },
    ...{ node: `node-${n % 200}`, reason: n % 5 === 0 ? 'OOMKilled' : 'Error' },
    ...{ cause: 'ended with exit code 1', exitCode: 1, restartCount: n % 30, crashes: 1, facts: [], missing: [] },
    log: { text: logText(n), isCut: true },
  }
}
