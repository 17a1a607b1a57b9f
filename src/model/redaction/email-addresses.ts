import type { Search, Span } from './mark.ts'

const longestUser = 64
const longestDomain = 253
const userCharacter = /[\p{L}\p{N}._%+'-]/u
const domain = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/u
/** What systemd names its units by. */
const unit = /\.(?:service|socket|slice|scope|target|timer|mount|device)$/

export function* findEmailAddresses(text: string): Search {
  let floor = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const address = addressAround(text, at, floor)
    floor = address?.end ?? floor
    yield address
  }
}

function addressAround(text: string, at: number, floor: number): Span | undefined {
  const host = domain.exec(text.slice(at + 1, at + 1 + longestDomain))?.[0]
  if (host === undefined || unit.test(host)) return undefined
  const start = userStart(text, at, floor)
  const end = at + 1 + host.length
  return start === at || isAddressOfCode(text.slice(start, at), text[end]) ? undefined : { start, end }
}

function userStart(text: string, at: number, floor: number): number {
  const limit = Math.max(floor, at - longestUser)
  let start = at
  while (start > limit && userCharacter.test(text[start - 1] ?? '')) start -= 1
  return start
}

/** `git@github.com:owner/repository` is nobody's mail. */
function isAddressOfCode(user: string, next: string | undefined): boolean {
  return user === 'git' && (next === ':' || next === '/')
}
