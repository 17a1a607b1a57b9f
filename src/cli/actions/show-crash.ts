import type { CrashView } from '../../api/http/crash-views.ts'
import type { Context } from '../context.ts'
import { type FoundTop, readCrash, readTop, tryReadCrashLog } from '../crashes/crash-source.ts'
import { crashText, latelyDays } from '../crashes/crash-text.ts'
import type { TextFormat } from '../options/output.ts'
import type { ServerOptions } from '../options/server.ts'
import { choosePaint } from '../output/color.ts'
import { formatDocument } from '../output/document.ts'
import { type OperatorApi, withOperatorApi } from '../sources/operator-api.ts'
import { nowOf } from './show-listing.ts'

export interface ShowCrashOptions extends ServerOptions {
  readonly lines: number
  readonly output: TextFormat
}

export async function showCrash(id: string, options: ShowCrashOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, async (api) => {
    const crash = await readCrash(api, id)
    if (options.output !== 'text') return context.stdout.write(await formatDocument(crash, options.output))
    const { programName, stdout } = context
    const now = nowOf(context)
    const log = crash.hasLog ? await tryReadCrashLog(api, crash.id) : undefined
    const lately = await readLately(api, crash, now.nowMs)
    const shown = { now, programName, paint: choosePaint(context), width: stdout.columns, tailLines: options.lines }
    stdout.write(crashText(crash, { ...shown, log, lately }))
  })
}

const dayMs = 86_400_000

/** The crash itself is what was asked for: where its like cannot be counted it is shown all the same. */
async function readLately(api: OperatorApi, crash: CrashView, nowMs: number): Promise<FoundTop | undefined> {
  const { namespace, workload } = crash
  const from = new Date(nowMs - latelyDays * dayMs).toISOString()
  try {
    return await readTop(api, 'reason', { namespace, workload: `${workload.kind}/${workload.name}`, from }, 20)
  } catch {
    api.signal.throwIfAborted()
    return undefined
  }
}
