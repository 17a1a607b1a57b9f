/** Manifests to stdout or into a folder; what became of the settings in their comments, and to stderr as well. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { NewObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import type { Conversion } from '../convert/conversion.ts'
import { conversionComment, conversionSummary, manifestYaml } from '../convert/conversion-text.ts'

export interface ConversionOutput {
  /** The file that was converted, for people. */
  readonly name: string
  /** Whose it is: `KubeCapWatch`. */
  readonly program: string
  /** A folder, or `-`. */
  readonly output: string
}

export async function writeConversion(
  conversion: Conversion,
  { name, program, output }: ConversionOutput,
  context: Context,
): Promise<void> {
  const comment = conversionComment(conversion, `${program}'s ${name}, converted by dogwatch convert.`)
  if (output === '-') context.stdout.write(`${comment}${conversion.manifests.map(asDocument).join('')}`)
  else await writeFiles(conversion, comment, output)
  const where = output === '-' ? 'the output' : output
  const next = `\nNext: read it, then kubectl apply -f ${output === '-' ? 'FILE' : output}\n`
  context.stderr.write(`${name} became ${counted(conversion.manifests)} in ${where}.\n`)
  context.stderr.write(`${conversionSummary(conversion, context.stderr.columns)}${next}`)
}

function asDocument(manifest: NewObject): string {
  return `---\n${manifestYaml(manifest)}`
}

function counted(manifests: readonly NewObject[]): string {
  return manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')
}

/** The comment stands in the first file. What is there already stays, and is an error. */
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
