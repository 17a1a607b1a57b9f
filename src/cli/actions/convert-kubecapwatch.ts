import { basename } from 'node:path'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'
import type { Conversion } from '../convert/conversion.ts'
import { type IniFile, readIniFile } from '../convert/ini-file.ts'
import { convertKubeCapWatch } from '../convert/kubecapwatch.ts'
import { readInput } from './read-input.ts'
import { writeConversion } from './write-conversion.ts'

export interface ConvertOptions {
  /** A folder, or `-`. */
  readonly output: string
  readonly namespace: string
}

export async function convertKubeCapWatchFile(file: string, options: ConvertOptions, context: Context): Promise<void> {
  const name = file === '-' ? 'stdin' : basename(file)
  const conversion = convert(await readInput(file, context), name, options)
  await writeConversion(conversion, { name, program: 'KubeCapWatch', output: options.output }, context)
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
