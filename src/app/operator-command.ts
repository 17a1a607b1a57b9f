import { Option } from 'commander'
import { spareMemory } from '../base/heap.ts'
import { createLogger } from '../base/log.ts'
import type { CliCommand } from '../cli/command.ts'
import type { Context } from '../cli/context.ts'
import { type OperatorOptions, operatorOptions, type RawOptions, resolveOptions } from './options.ts'

/** When everything was ended, a connection that was still being made does not hold up the process for longer than this. */
const lastMs = 250

/** `dogwatch operator`: what the image runs. Options by flag or environment variable. */
export const operatorCommand: CliCommand = {
  name: 'operator',
  register(program, context) {
    const command = program
      .command('operator')
      .description('Run the operator: watch the cluster and tell what the policies ask for.')
    for (const { flags, env, description, fallback } of Object.values(operatorOptions)) {
      if (flags === undefined) continue
      const isSwitch = !flags.includes('<')
      const standard = fallback === undefined || isSwitch ? '' : `; default ${fallback}`
      command.addOption(new Option(flags, `${description} (${env.join(' or ')}${standard})`))
    }
    command.action((raw: Record<string, string | boolean>) => run(resolveOptions(byName(raw), context.env), context))
  },
}

/** Commander names options after their flags; the table names them after what they mean. */
function byName(raw: Readonly<Record<string, string | boolean>>): RawOptions {
  const entries = Object.entries(operatorOptions).map(([name, { flags }]) => {
    const flag = flags?.split(' ')[0]
    return [name, flag === undefined ? undefined : raw[new Option(flag).attributeName()]]
  })
  return Object.fromEntries(entries)
}

/** A name that DNS does not answer for holds a thread for many seconds; half of them serve lookups. */
const threads = '16'

async function run(options: OperatorOptions, context: Context): Promise<void> {
  process.env.UV_THREADPOOL_SIZE ??= threads
  spareMemory()
  const { runOperator } = await import('./app.ts')
  const logger = createLogger(options.logLevel, { write: (line) => context.stderr.write(line) })
  guardProcess((error, origin) => logger.error({ origin, error }, 'Unexpected failure; the operator goes on'))
  const { clock, env, stdout, signal } = context
  await runOperator(options, { clock, logger, env, writeLine: (line) => stdout.write(`${line}\n`) }, signal)
  clock.after(lastMs, () => process.exit(context.exitCode))
}

/** Nothing that goes wrong in a corner may end the process: it is logged, and what is level-triggered mends itself. */
function guardProcess(report: (error: string, origin: string) => void): void {
  process.on('uncaughtException', (error, origin) => report(error.stack ?? error.message, origin))
}
