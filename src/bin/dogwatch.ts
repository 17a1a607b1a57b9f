#!/usr/bin/env node
import { basename } from 'node:path'
import { operatorCommand } from '../app/operator-command.ts'
import { systemClock } from '../base/clock.ts'
import { commands } from '../cli/commands.ts'
import { type Context, programNameOf, type TextOutput } from '../cli/context.ts'
import { runProgram } from '../cli/program.ts'

function outputTo(stream: NodeJS.WriteStream): TextOutput {
  return {
    write: (text) => void stream.write(text),
    get isTerminal() {
      return stream.isTTY === true
    },
    get columns() {
      return stream.isTTY === true ? stream.columns : undefined
    },
    get rows() {
      return stream.isTTY === true ? stream.rows : undefined
    },
  }
}

const ended = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())

/** The reader of a pipe may leave early (`dogwatch ... | head`): then there is nobody left to tell. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
/** A log that nobody reads any more, or whose disk is full, stops nothing: there is no place left to say so. */
process.stderr.on('error', () => {})

const context: Context = {
  programName: programNameOf(basename(process.env.DOGWATCH_CALLED_AS ?? process.argv[1] ?? '')),
  stdin: process.stdin,
  stdout: outputTo(process.stdout),
  stderr: outputTo(process.stderr),
  env: process.env,
  clock: systemClock,
  signal: ended.signal,
  exitCode: 0,
}

process.exitCode = await runProgram(process.argv.slice(2), [...commands, operatorCommand], context)
