import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import type { ClusterSize } from './cluster/fill.ts'
import { peerModuleVersion } from './programs.ts'
import type { Environment } from './report.ts'
import type { Programs } from './work.ts'

const root = new URL('..', import.meta.url).pathname

export function readEnvironment(programs: Programs, cluster: ClusterSize, isQuick: boolean): Environment {
  const processors = cpus()
  return {
    commit: commit(),
    startedAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    isQuick,
    machine: { processor: processors[0]?.model.trim() ?? 'unknown', cores: processors.length, memoryBytes: totalmem() },
    loadAverage: loadavg()[0] ?? 0,
    versions: {
      dogwatch: JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version,
      node: process.versions.node,
      kubernetes: kubernetesVersion(programs.kubectl),
      'client-go': peerModuleVersion('k8s.io/client-go'),
      go: execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim(),
    },
    cluster,
  }
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim()
  try {
    const isDirty = git('status', '--porcelain', '--untracked-files=no') !== ''
    return `${git('rev-parse', '--short=12', 'HEAD')}${isDirty ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}

function kubernetesVersion(kubectl: string): string {
  const text = execFileSync(kubectl, ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  return JSON.parse(text).clientVersion.gitVersion
}
