import { plainLine, shortened } from '../../model/harmless-text.ts'

/** A text for people is of this length at most; programs get all of it. */
const mostCharacters = 2_000

/** The same data for people: each text in one line that no terminal obeys. */
export function plainData<T>(value: T): T {
  return plain(value) as T
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return plainLine(shortened(value, mostCharacters))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [plainLine(name), plain(member)]))
}
