import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { NewObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import type { Conversion } from '../convert/conversion.ts'
import { conversionComment, conversionSummary, manifestYaml } from '../convert/conversion-text.ts'
import { type IniFile, readIniFile } from '../convert/ini-file.ts'
import { convertKubeCapWatch } from '../convert/kubecapwatch.ts'
import { readInput } from './read-input.ts'

export interface ConvertOptions {
  /** A folder, or `-`. */
  readonly output: string
  readonly namespace: string
}

/** Manifests to stdout or into a folder; what became of the settings to stderr as well. */
export async function convertKubeCapWatchFile(file: string, options: ConvertOptions, context: Context): Promise<void> {
  const name = file === '-' ? 'stdin' : basename(file)
  const conversion = convert(await readInput(file, context), name, options)
  const comment = conversionComment(conversion, `KubeCapWatch's ${name}, converted by dogwatch convert.`)
  if (options.output === '-') context.stdout.write(`${comment}${conversion.manifests.map(asDocument).join('')}`)
  else await writeFiles(conversion, comment, options.output)
  const where = options.output === '-' ? 'the output' : options.output
  const next = `\nNext: read it, then kubectl apply -f ${options.output === '-' ? 'FILE' : options.output}\n`
  context.stderr.write(`${name} became ${counted(conversion.manifests)} in ${where}.\n`)
  context.stderr.write(`${conversionSummary(conversion, context.stderr.columns)}${next}`)
}

function convert(text: string, name: string, options: ConvertOptions): Conversion {
  try {
    const file = readIniFile(text)
    requireSettings(file)
    return convertKubeCapWatch(file, options)
  } catch (cause) {
    throw new OperatorError('INVALID_INPUT', `${name} cannot be converted:\n${errorText(cause)}`)
  }
}

function requireSettings({ settings }: IniFile): void {
  if (settings.length > 0) return
  throw new OperatorError('INVALID_INPUT', 'it holds no setting: name the config.ini that KubeCapWatch runs with')
}

function asDocument(manifest: NewObject): string {
  return `---\n${manifestYaml(manifest)}`
}

function counted(manifests: readonly NewObject[]): string {
  return manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')
}

/** The comment stands in the policy's file, which comes first. What is there already stays, and is an error. */
async function writeFiles(conversion: Conversion, comment: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    for (const [i, manifest] of conversion.manifests.entries()) {
      const path = join(folder, `${manifest.kind.toLowerCase()}-${manifest.metadata.name}.yaml`)
      await writeFile(path, `${i === 0 ? comment : ''}${manifestYaml(manifest)}`, { flag: 'wx' })
    }
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    const advice = isThere ? '\nNothing is overwritten: name another folder with -o, or move the file away' : ''
    throw new OperatorError('INVALID_INPUT', `cannot write: ${errorText(cause)}${advice}`)
  }
}
