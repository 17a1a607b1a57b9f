import { join } from 'node:path'
import { binaryPath, kubectlProgram } from './binaries.ts'
import type { ClusterFiles } from './cluster-files.ts'
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts'

export interface KubectlOptions extends Pick<CommandOptions, 'input' | 'signal'> {
  /** Another kubeconfig than the administrator's. */
  readonly kubeconfig?: string
}

export function kubectl(
  files: ClusterFiles,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<CommandResult> {
  const { kubeconfig = files.kubeconfig, ...rest } = options
  // The discovery cache is named by host and port, which another cluster had before.
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(files.dir, 'kubectl-cache'), KUBERC: 'off' }
  return runCommand(binaryPath(kubectlProgram), args, { ...rest, env })
}

export async function mustKubectl(
  files: ClusterFiles,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await kubectl(files, args, options)
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout
}

export function applyManifest(files: ClusterFiles, manifest: string | readonly object[]): Promise<string> {
  const list = { apiVersion: 'v1', kind: 'List', items: manifest }
  const input = typeof manifest === 'string' ? manifest : JSON.stringify(list)
  return mustKubectl(files, ['apply', '--server-side', '--force-conflicts', '-f', '-'], { input })
}
