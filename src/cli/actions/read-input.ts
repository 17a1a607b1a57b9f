import { readFile } from 'node:fs/promises'
import { errorText, OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'

/** The text of a file that was named on the command line; `-` is stdin. Throws INVALID_INPUT. */
export async function readInput(file: string, { stdin }: Context): Promise<string> {
  try {
    if (file !== '-') return await readFile(file, 'utf8')
    const chunks: Uint8Array[] = []
    for await (const chunk of stdin) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  } catch (cause) {
    throw new OperatorError('INVALID_INPUT', `cannot read ${file}: ${errorText(cause)}`)
  }
}
