import { redacted, type Search, type Span } from './mark.ts'

/** As long as what stands before a host may be. */
const longestCredentials = 512

/** Passwords in addresses such as `postgres://user:password@host`; the user stays. */
export function* findUrlPasswords(text: string): Search {
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) yield passwordAfter(text, at + 3)
}

function passwordAfter(text: string, start: number): Span | undefined {
  const credentials = credentialsAt(text, start)
  if (credentials === undefined) return undefined
  const colon = credentials.indexOf(':')
  // A token may stand where the user does; a name does not look like one.
  if (colon < 0 && !/^(?=.*\d)(?=.*[A-Za-z]).{16,}$/.test(credentials)) return undefined
  const password = credentials.slice(colon + 1)
  if (password === '' || password === redacted) return undefined
  return { start: start + colon + 1, end: start + credentials.length }
}

/** What stands before the `@` of the host. A password may hold a slash or an `@` where somebody forgot to encode it: the last one counts. */
function credentialsAt(text: string, start: number): string | undefined {
  const window = text.slice(start, start + longestCredentials)
  const next = window.indexOf('://')
  const reach = /^[^\s"'<>`|]*/.exec(next < 0 ? window : window.slice(0, next))?.[0] ?? ''
  const first = reach.indexOf('@')
  if (first < 0 || isHostAndPath(reach.slice(0, first))) return undefined
  const query = reach.slice(first).search(/[?#]/)
  return reach.slice(0, reach.lastIndexOf('@', query < 0 ? reach.length : first + query))
}

function isHostAndPath(text: string): boolean {
  return /^[^:/?#]*(?::\d{0,5})?[/?#]/.test(text)
}
