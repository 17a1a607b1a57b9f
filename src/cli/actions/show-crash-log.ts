import { plainText } from '../../model/plain-text.ts'
import type { Context } from '../context.ts'
import { readCrashLog } from '../crashes/crash-source.ts'
import type { TextFormat } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { formatDocument } from '../output/document.ts'
import { withOperatorApi } from '../sources/operator-api.ts'

export interface ShowCrashLogOptions extends ServerOptions {
  readonly output: TextFormat
}

/** The log alone on stdout, so that it can be searched and kept. */
export async function showCrashLog(id: string, options: ShowCrashLogOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, async (api) => {
    const log = await readCrashLog(api, id)
    if (options.output !== 'text') return context.stdout.write(await formatDocument(log, options.output))
    const text = plainText(log.text)
    context.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`)
    if (log.isCut) context.stderr.write('This is the end of the log; what came before it is not kept.\n')
  })
}
