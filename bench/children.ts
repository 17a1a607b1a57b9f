import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'

const children = new Set<ChildProcess>()

/** As `spawn`; the program ends with this process when that is told to end. */
export function spawnProgram(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, options)
  children.add(child)
  const forget = () => children.delete(child)
  child.once('exit', forget)
  child.once('error', forget)
  return child
}

export function killPrograms(): void {
  for (const child of children) child.kill('SIGKILL')
}
