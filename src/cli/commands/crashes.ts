import { type Command as Commander, Option } from 'commander'
import { mostTopRows } from '../../api/http/crash-views.ts'
import { crashTopKeys } from '../../store/crash-history.ts'
import type { ListCrashesOptions } from '../actions/list-crashes.ts'
import type { SearchCrashesOptions } from '../actions/search-crashes.ts'
import type { ShowCrashOptions } from '../actions/show-crash.ts'
import type { ShowCrashLogOptions } from '../actions/show-crash-log.ts'
import type { TopCrashesOptions } from '../actions/top-crashes.ts'
import type { CliCommand } from '../command.ts'
import type { Context } from '../context.ts'
import { addCrashFilters } from '../options/crash-filter.ts'
import { addExamples, type Example } from '../options/examples.ts'
import { addWatchOptions, outputFormats, outputOption, textFormats } from '../options/output.ts'
import { addServerOptions } from '../options/server.ts'
import { limitUpTo, parseLimit } from '../options/values.ts'

const examples: readonly Example[] = [
  ['crashes -A', 'what crashed last, in every namespace that you may see'],
  ['crashes show 3f9c1a77', 'one crash: why, how often, the end of its log, what to do'],
  ['crashes search "connection refused" -A', 'crashes whose log says so'],
  ['crashes top --by workload -A', 'what crashes most'],
]

/** `dogwatch crashes`: what crashed, why, and what it wrote before. */
export const crashesCommand: CliCommand = {
  name: 'crashes',
  register(program, context) {
    const crashes = program.command('crashes').description('Show what crashed, why, and what it wrote before.')
    addExamples(crashes, context, examples)
    registerList(crashes, context)
    registerShow(crashes, context)
    registerLogs(crashes, context)
    registerTop(crashes, context)
    registerSearch(crashes, context)
  },
}

function limitOption(standard: number, parse = parseLimit): Option {
  return new Option('--limit <number>', 'at most so many').argParser(parse).default(standard)
}

function registerList(crashes: Commander, context: Context): void {
  const command = crashes
    .command('list', { isDefault: true })
    .summary('Show what crashed, the newest first (also without `list`).')
    .description(
      'Show what crashed, the newest first. You see the crashes of namespaces whose pods you may get. The beginning of an ID is enough for show and logs.',
    )
  addCrashFilters(command)
    .addOption(limitOption(50))
    .optionsGroup('What is shown:')
    .addOption(outputOption(outputFormats, 'table'))
  addServerOptions(addWatchOptions(command)).action(async (options: ListCrashesOptions) => {
    const { listCrashes } = await import('../actions/list-crashes.ts')
    await listCrashes(options, context)
  })
  addExamples(command, context, [
    ['crashes -n payments --since 24h', 'what crashed in a namespace since yesterday'],
    ['crashes -A --reason OOMKilled --since 7d', 'what ran out of memory this week'],
    ['crashes -n payments --workload deploy/api --watch', 'those of a workload, as they come'],
    ["crashes -A -o json | jq -r '.items[].id'", 'whole ids'],
  ])
}

function registerShow(crashes: Commander, context: Context): void {
  const command = crashes
    .command('show')
    .description('Show one crash: why, whose, when and how often, what is known, the end of its log, what to do next.')
    .argument('<id>', 'its id, or the beginning of it')
    .addOption(new Option('--lines <number>', 'lines of its log').argParser(parseLimit).default(20))
    .addOption(outputOption(textFormats, 'text'))
  addServerOptions(command).action(async (id: string, options: ShowCrashOptions) => {
    const { showCrash } = await import('../actions/show-crash.ts')
    await showCrash(id, options, context)
  })
  addExamples(command, context, [
    ['crashes show 3f9c1a77', 'with the beginning of the id that `crashes` shows'],
    ['crashes show 3f9c1a77 --lines 100', 'with more of its log'],
  ])
}

function registerLogs(crashes: Commander, context: Context): void {
  const command = crashes
    .command('logs')
    .summary('Show the log from before a crash.')
    .description(
      'Show the log from before a crash. It needs the right to get pods/log in its namespace. What a terminal would obey is left out; `-o json` has it as it was written.',
    )
    .argument('<id>', 'of the crash, or the beginning of it')
    .addOption(outputOption(textFormats, 'text'))
  addServerOptions(command).action(async (id: string, options: ShowCrashLogOptions) => {
    const { showCrashLog } = await import('../actions/show-crash-log.ts')
    await showCrashLog(id, options, context)
  })
  addExamples(command, context, [
    ['crashes logs 3f9c1a77', 'all of it that is kept'],
    ['crashes logs 3f9c1a77 > before-the-crash.log', 'into a file'],
  ])
}

function registerTop(crashes: Commander, context: Context): void {
  const command = crashes
    .command('top')
    .summary('Show what crashes most.')
    .description('Show what crashes most, of what you may see, and since when.')
    .addOption(new Option('--by <what>', 'what is counted by').choices(crashTopKeys).default('workload'))
  addCrashFilters(command, '7d')
    .addOption(limitOption(20, limitUpTo(mostTopRows)))
    .optionsGroup('What is shown:')
    .addOption(outputOption(outputFormats, 'table'))
  addServerOptions(command).action(async (options: TopCrashesOptions) => {
    const { topCrashes } = await import('../actions/top-crashes.ts')
    await topCrashes(options, context)
  })
  addExamples(command, context, [
    ['crashes top -A', 'what crashed most in the last seven days'],
    ['crashes top --by node -A --since 24h', 'whether it is a node'],
    ['crashes top --by image -A --reason OOMKilled', 'which image wants more memory'],
  ])
}

function registerSearch(crashes: Commander, context: Context): void {
  const command = crashes
    .command('search')
    .summary('Find crashes by words of their log.')
    .description(
      'Find crashes by words of their log, their last word or their cause, the newest first. All words have to be there, in any order; what is quoted stands together. Only namespaces are searched whose logs you may read.',
    )
    .argument('<words...>', 'words; "several in quotes" stand together')
  addCrashFilters(command)
    .addOption(limitOption(20))
    .optionsGroup('What is shown:')
    .addOption(outputOption(['text', 'json', 'yaml', 'csv'], 'text'))
  addServerOptions(command).action(async (words: string[], options: SearchCrashesOptions) => {
    const { searchCrashes } = await import('../actions/search-crashes.ts')
    await searchCrashes(words, options, context)
  })
  addExamples(command, context, [
    ['crashes search "connection refused" -A', 'these words, one behind the other'],
    ['crashes search timeout postgres -n payments --since 7d', 'both words, wherever they stand'],
  ])
}
