const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** `12 minutes`: in the largest unit of which there is one at least, rounded down; `0 seconds` below one second. */
export function spanWords(spanMs: number): string {
  const [name, unitMs] = units.find(([, ms]) => spanMs >= ms) ?? units[3]
  const count = Math.max(0, Math.floor(spanMs / unitMs))
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

/** `12 minutes before`, `3 seconds after`, seen from the crash. */
export function whenWords(atMs: number, crashMs: number): string {
  return atMs <= crashMs ? `${spanWords(crashMs - atMs)} before` : `${spanWords(atMs - crashMs)} after`
}
