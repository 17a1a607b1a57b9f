/**
 * Secrets that have a name before them: `password=x`, `"token": "x"`, `--api-key x`, `Authorization: Bearer x`, a variable of an
 * environment, an element of XML. The patterns that look for names take one whole or not at all, by a group within a look-ahead, and
 * begin nowhere within one: so the time grows with the length of the text alone.
 */
import type { Search } from './mark.ts'
import { isSecretName } from './secret-names.ts'
import { type NamedValue, valueAt } from './secret-values.ts'

/** `name=value`, `name: value`, `"name" => "value"`. */
export function* findAssigned(text: string): Search {
  const named = /(?<![\w.-])(?=([\w.-]+))\1\\*["'`]?[ \t]{0,8}(?:=>|:=|=|:)[ \t]{0,8}/g
  let isNamedBefore = false
  for (let found = named.exec(text); found !== null; found = named.exec(text)) {
    const name = found[1] ?? ''
    const place = { name, nameAt: found.index, start: named.lastIndex }
    // As in a pod's env: `name: DB_PASSWORD`, and then `value: x`.
    const isItsValue = isNamedBefore && /^value$/i.test(name)
    isNamedBefore = /^(?:name|key)$/i.test(name) && isSecretName(wordAt(text, place.start))
    const value = isItsValue || isSecretName(name) ? valueAt(text, place) : undefined
    yield value
    if (value !== undefined) named.lastIndex = value.end
  }
}

/** `--password value`. */
export function* findFlagged(text: string): Search {
  const flag = /(?<![\w-])--?(?=([A-Za-z][\w-]*))\1[ \t]{1,8}(?![-\s])/g
  for (const found of text.matchAll(flag)) {
    const place: NamedValue = { name: found[1] ?? '', nameAt: found.index, start: found.index + found[0].length }
    yield isSecretName(place.name) ? valueAt(text, place) : undefined
  }
}

/** `<password>value</password>`. */
export function* findInElements(text: string): Search {
  for (const found of text.matchAll(/<(?=([\w.-]+))\1>([^<\n]{1,2048})(?=<\/)/g)) {
    const end = found.index + found[0].length
    yield isSecretName(found[1] ?? '') ? { start: end - (found[2] ?? '').length, end } : undefined
  }
}

/** `curl -u user:password`, and SQL's `IDENTIFIED BY 'password'`. */
export function* findInCommands(text: string): Search {
  const command =
    /(?<![\w-])(?:-u|--user)[ =]{1,4}["']?[^\s:"']{1,128}:(?=([^\s"']+))\1|\b(?:identified\s{1,4}by|password)\s{1,4}'([^'\n]{1,512})(?=')/gi
  for (const found of text.matchAll(command)) {
    const end = found.index + found[0].length
    const value = found[1] ?? found[2] ?? ''
    yield { start: end - value.length, end }
  }
}

function wordAt(text: string, start: number): string {
  const word = /["'`\\]{0,4}([\w.-]{1,200})/y
  word.lastIndex = start
  return word.exec(text)?.[1] ?? ''
}
