/** A conversion as people read it: manifests with what became of each setting above them, and a summary beside. */
import { Document } from 'yaml'
import type { NewObject } from '../../kube/writer.ts'
import { wrapLine } from '../output/wrap.ts'
import type { Conversion, Fate, MissingSecret, OperatorFlag, SettingFate } from './conversion.ts'

const defaultWidth = 120

/** One manifest as YAML, without a comment. */
export function manifestYaml(manifest: NewObject): string {
  return new Document(manifest, { aliasDuplicateObjects: false }).toString({ lineWidth: 0 })
}

/** The head of a file: where it comes from, what became of every setting, what is to be done. */
export function conversionComment(conversion: Conversion, head: string): string {
  return [head, ...fateLines(conversion, ['converted', 'dropped', 'unknown']), ...todoLines(conversion)]
    .flatMap((line) => wrap(line, defaultWidth - 2))
    .map((line) => `# ${line}`.trimEnd())
    .join('\n')
    .concat('\n')
}

/** What somebody has to know who never opens the files: what was lost or is different, and what is to be done. */
export function conversionSummary(conversion: Conversion, width: number | undefined): string {
  const { settings } = conversion
  const count = (fate: Fate) => settings.filter((setting) => setting.fate === fate).length
  const counts = `${settings.length} settings: ${count('converted')} converted, ${count('dropped')} dropped, ${count('unknown')} unknown.`
  const isDifferent = settings.filter(({ difference }) => difference !== undefined)
  return [
    counts,
    ...(isDifferent.length === 0 ? [] : ['', 'Not quite as before:', ...isDifferent.map(differenceLine)]),
    ...fateLines(conversion, ['dropped', 'unknown']),
    ...todoLines(conversion),
  ]
    .flatMap((line) => wrap(line, Math.max(40, width ?? defaultWidth)))
    .map((line) => `${line}\n`)
    .join('')
}

const headings: Record<Fate, string> = { converted: 'Converted:', dropped: 'Dropped:', unknown: 'Unknown:' }

function fateLines({ settings }: Conversion, fates: readonly Fate[]): string[] {
  return fates.flatMap((fate) => {
    const these = settings.filter((setting) => setting.fate === fate)
    return these.length === 0 ? [] : ['', headings[fate], ...these.map(fateLine)]
  })
}

function fateLine(setting: SettingFate): string {
  const { fate, text, difference } = setting
  const different = difference === undefined ? '' : `. Different: ${difference}`
  return `  ${nameOf(setting)}${fate === 'converted' ? ' -> ' : ': '}${text}${different}`
}

function differenceLine(setting: SettingFate): string {
  return `  ${nameOf(setting)}: ${setting.difference}`
}

function nameOf({ section, key }: SettingFate): string {
  return section === undefined ? key : `[${section}] ${key}`
}

function todoLines({ secrets, advice, operatorFlags = [] }: Conversion): string[] {
  return [
    ...(operatorFlags.length === 0
      ? []
      : ['', 'For the operator (args of its Deployment):', ...operatorFlags.map(flagLine)]),
    ...(advice.length === 0 ? [] : ['', 'To do:', ...advice.map((line) => `  ${line}`)]),
    ...(secrets.length === 0 ? [] : ['', 'To store, with the value in place of <...>:', ...secrets.map(commandLine)]),
  ]
}

function flagLine({ flag, meaning }: OperatorFlag): string {
  return `  ${flag}  ${meaning}`
}

function commandLine({ namespace, name, key, meaning }: MissingSecret): string {
  return `  kubectl -n ${namespace} create secret generic ${name} --from-literal=${key}='<${meaning}>'`
}

/** A command stays in one line, to be copied. */
function wrap(line: string, width: number): string[] {
  return line.trimStart().startsWith('kubectl ') ? [line] : wrapLine(line, width)
}
