/**
 * Configuration files as Python's `configparser` reads them: keys in any case, `=` or `:`, comments on lines of their own,
 * values that go on in indented lines, keys of [DEFAULT] known in every section, `%(name)s` for another key's value. Errors name lines, never values: some of them are
 * secrets.
 */
import { OperatorError } from '../../base/errors.ts'

export const defaultSection = 'DEFAULT'

export interface IniSetting {
  readonly section: string
  /** In lower case. */
  readonly key: string
  readonly line: number
}

export interface IniFile {
  /** Every setting where it is written. */
  readonly settings: readonly IniSetting[]
  /** The value of a key in a section, else in [DEFAULT], with the place where it is written. */
  find(section: string, key: string): (IniSetting & { readonly value: string }) | undefined
}

interface WrittenSetting extends IniSetting {
  value: string
}

/** Throws INVALID_INPUT with every line that cannot be read. */
export function readIniFile(text: string): IniFile {
  const { settings, problems } = readLines(text.replace(/^\uFEFF/, '').split(/\r?\n/))
  if (problems.length > 0) throw new OperatorError('INVALID_INPUT', problems.join('\n'))
  const written = (section: string, key: string) =>
    settings.find((setting) => setting.section === section && setting.key === key)
  const lookUp = (section: string, key: string) => written(section, key) ?? written(defaultSection, key)
  return {
    settings,
    find: (section, key) => {
      const found = lookUp(section, key)
      return found && { ...found, value: interpolate(found.value, (name) => lookUp(section, name)?.value) }
    },
  }
}

interface Reading {
  readonly settings: WrittenSetting[]
  readonly problems: string[]
  section: string | undefined
  /** The setting that an indented line goes on with, and how far it is indented itself. */
  open: { readonly setting: WrittenSetting; readonly indent: number } | undefined
}

function readLines(lines: readonly string[]): Reading {
  const reading: Reading = { settings: [], problems: [], section: undefined, open: undefined }
  for (const [i, line] of lines.entries()) readLine(reading, line, i + 1)
  return reading
}

const sectionShape = /^\[(.+)\]/
const settingShape = /^([^=:]+?)\s*[=:]\s*(.*)$/

function readLine(reading: Reading, line: string, number: number): void {
  const text = line.trim()
  if (text === '' || text.startsWith('#') || text.startsWith(';')) return
  const indent = line.length - line.trimStart().length
  if (reading.open !== undefined && indent > reading.open.indent) {
    reading.open.setting.value += `\n${text}`
    return
  }
  const section = sectionShape.exec(text)
  if (section !== null) {
    reading.section = section[1]!
    reading.open = undefined
    return
  }
  readSetting(reading, text, { number, indent })
}

function readSetting(reading: Reading, text: string, { number, indent }: { number: number; indent: number }): void {
  const match = settingShape.exec(text)
  const { section, settings, problems } = reading
  if (section === undefined) problems.push(`line ${number}: there is no [section] before it`)
  else if (match === null) problems.push(`line ${number}: neither [section] nor key = value`)
  else {
    const setting = { section, key: match[1]!.toLowerCase(), line: number, value: match[2]! }
    const earlier = settings.find((other) => other.section === section && other.key === setting.key)
    if (earlier !== undefined) problems.push(`line ${number}: ${setting.key} is set already in line ${earlier.line}`)
    settings.push(setting)
    reading.open = { setting, indent }
  }
}

/** References in references are followed this far. */
const maximumDepth = 10

function interpolate(value: string, lookUp: (key: string) => string | undefined, depth = 0): string {
  return value.replaceAll(/%%|%\(([^)]+)\)s/g, (match, key: string | undefined) => {
    if (key === undefined) return '%'
    const other = depth < maximumDepth ? lookUp(key.toLowerCase()) : undefined
    return other === undefined ? match : interpolate(other, lookUp, depth + 1)
  })
}
