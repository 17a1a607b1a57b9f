import { type Command as Commander, InvalidArgumentError } from 'commander'
import { tryDurationMs } from '../../api/duration.ts'
import { collect } from './values.ts'

/** Which cluster, and as whom. */
export interface ClusterOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly as?: string
  readonly asGroup?: readonly string[]
  readonly requestTimeout?: number
}

export function addClusterOptions(command: Commander): Commander {
  return command
    .optionsGroup('Which cluster, and as whom:')
    .option('--kubeconfig <file>', 'kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', "context of the kubeconfig (default: the kubeconfig's own)")
    .option('--as <user>', 'act with the rights of this user')
    .option('--as-group <group>', 'act with the rights of this group; can be repeated', collect)
    .option('--request-timeout <duration>', 'give up when it takes longer, such as 30s (default: wait)', parseTimeoutMs)
}

function parseTimeoutMs(text: string): number {
  const timeoutMs = tryDurationMs(text)
  if (timeoutMs === undefined) throw new InvalidArgumentError('Write a duration such as 30s or 2m.')
  return timeoutMs
}
