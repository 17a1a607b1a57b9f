import type { Command as Commander } from 'commander'

/** Where objects are looked for. */
export interface NamespaceOptions {
  readonly namespace?: string
  readonly allNamespaces?: boolean
}

/** `-n` alone, for a command about one object. */
export function addNamespaceOption(command: Commander): Commander {
  return command.option('-n, --namespace <name>', "namespace (default: that of the kubeconfig's context)")
}

export function addNamespaceOptions(command: Commander): Commander {
  return addNamespaceOption(command).option('-A, --all-namespaces', 'all namespaces')
}
