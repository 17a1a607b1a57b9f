/**
 * A YAML file of settings as programs in Go read it with viper: keys in any case, nested ones joined by dots, and variables of the
 * environment before all of them. Errors name lines, never values: some of them are secrets.
 */
import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import { OperatorError } from '../../base/errors.ts'

export interface YamlSetting {
  /** In lower case: `slack.token`. */
  readonly key: string
  /** As it is written. */
  readonly name: string
  readonly value: string
  /** In which line it is written, or the variable that sets it. */
  readonly place: string
  readonly variable?: string
}

export interface YamlSettings {
  /** In the order of the file, then those that only a variable sets. */
  readonly settings: readonly YamlSetting[]
  find(key: string): YamlSetting | undefined
}

export interface Environment {
  readonly values: ReadonlyMap<string, string>
}

/** `knownKeys`: those that a variable can set although the file does not have them. Throws INVALID_INPUT with every line that cannot be read. */
export function readYamlSettings(text: string, environment: Environment, knownKeys: readonly string[]): YamlSettings {
  const written = readFile(text)
  const keys = [...new Set([...written.map(({ key }) => key), ...knownKeys])]
  const settings = keys.flatMap((key): YamlSetting[] => {
    const variable = variableOf(key)
    const value = environment.values.get(variable) ?? ''
    const inFile = written.filter((setting) => setting.key === key)
    // viper takes an empty variable for one that is not set.
    return value === '' ? inFile : [{ key, name: inFile[0]?.name ?? key, value, place: variable, variable }]
  })
  return { settings, find: (key) => settings.find((setting) => setting.key === key) }
}

export function variableOf(key: string): string {
  return key.toUpperCase().replaceAll('.', '_')
}

/** Lines `NAME=value`, as `kubectl set env --list` writes them; `#` begins a remark. */
export function readEnvironment(text: string): Environment {
  const pairs = text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line)
    return match === null ? [] : [[match[1]!, match[2]!] as const]
  })
  return { values: new Map(pairs) }
}

function readFile(text: string): YamlSetting[] {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, keepSourceTokens: false })
  const lineOf = (offset: number | undefined) => lineCounter.linePos(offset ?? 0).line
  const unreadable = document.errors.map(({ pos, code }) => `line ${lineOf(pos[0])}: it is no YAML (${code})`)
  if (unreadable.length > 0) throw new OperatorError('INVALID_INPUT', unreadable.join('\n'))
  if (document.contents === null) return []
  const reading: Reading = { settings: [], problems: [], lineOf }
  readNode(reading, document.contents, '')
  if (reading.problems.length > 0) throw new OperatorError('INVALID_INPUT', reading.problems.join('\n'))
  return reading.settings
}

interface Reading {
  readonly settings: YamlSetting[]
  readonly problems: string[]
  readonly lineOf: (offset: number | undefined) => number
}

function readNode(reading: Reading, node: Node | null, name: string): void {
  const line = reading.lineOf(node?.range?.[0])
  if (isMap(node)) for (const pair of node.items) readPair(reading, pair as Pair<Node, Node | null>, name)
  else if (name !== '' && (node === null || isScalar(node))) keep(reading, node, name)
  else reading.problems.push(`line ${line}: a setting is a name and one value`)
}

function readPair(reading: Reading, { key, value }: Pair<Node, Node | null>, above: string): void {
  const name = isScalar(key) ? `${key.value}` : ''
  if (name === '') reading.problems.push(`line ${reading.lineOf(key.range?.[0])}: a setting needs a name`)
  else readNode(reading, value, above === '' ? name : `${above}.${name}`)
}

function keep({ settings, problems, lineOf }: Reading, node: Node | null, name: string): void {
  const key = name.toLowerCase()
  const line = lineOf(node?.range?.[0])
  const earlier = settings.find((setting) => setting.key === key)
  if (earlier !== undefined) problems.push(`line ${line}: this setting is in ${earlier.place} already`)
  const value = isScalar(node) ? `${node.value ?? ''}` : ''
  settings.push({ key, name, value, place: `line ${line}` })
}
