import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  /** The exit code; 128 and more when a signal ended it. */
  readonly code: number
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array
  readonly signal?: AbortSignal
}

/** Runs a command to its end and gives what it wrote, whatever its exit code; rejects with the signal's reason. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', (cause) => {
      reject(options.signal?.aborted ? options.signal.reason : new Error(`${file} cannot run`, { cause }))
    })
    child.once('close', (code) => {
      resolve({ stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString(), code: code ?? 128 })
    })
    // A command that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

/** Runs a command that must succeed; the error names it and carries what it wrote to standard error. */
export async function mustRun(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(file, args, options)
  if (result.code === 0) return result
  const tail = result.stderr.trim().split('\n').slice(-20).join('\n')
  throw new Error(`${file} ${args.join(' ')} ended with ${result.code}:\n${tail}`)
}
