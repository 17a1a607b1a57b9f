import { InvalidArgumentError } from 'commander'

/** The object whose number is to be explained. */
export type ExplainTarget =
  | { readonly kind: 'Pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'Node' | 'Namespace'; readonly name: string }
  | { readonly kind: 'NodePool'; readonly name: string }
  | { readonly kind: 'Cluster' }

const kinds: Readonly<Record<string, 'Node' | 'Namespace' | 'NodePool' | 'Pod'>> = {
  node: 'Node',
  nodes: 'Node',
  no: 'Node',
  namespace: 'Namespace',
  namespaces: 'Namespace',
  ns: 'Namespace',
  pool: 'NodePool',
  pools: 'NodePool',
  pod: 'Pod',
  pods: 'Pod',
  po: 'Pod',
}

const kindWords = { Pod: 'pod', Node: 'node', Namespace: 'namespace', NodePool: 'pool' } as const

const forms = 'pod/NAMESPACE/NAME, node/NAME, namespace/NAME, pool/NAME or cluster'

/** Reads `pod/ns/name`, `node/name`, `namespace/name`, `pool/name`, `cluster`, in kubectl's short forms too. */
export function parseExplainTarget(text: string): ExplainTarget {
  if (text === 'cluster') return { kind: 'Cluster' }
  const [kindText = '', ...parts] = text.split('/')
  const kind = kinds[kindText]
  const expected = kind === 'Pod' ? 2 : 1
  if (kind === undefined || parts.length !== expected || parts.includes('')) {
    throw new InvalidArgumentError(`"${text}" does not name an object: write ${forms}.`)
  }
  if (kind === 'Pod') return { kind, namespace: parts[0]!, name: parts[1]! }
  return { kind, name: parts[0]! }
}

export function describeTarget(target: ExplainTarget): string {
  if (target.kind === 'Cluster') return 'the cluster'
  const word = kindWords[target.kind]
  return `${word} ${target.kind === 'Pod' ? `${target.namespace}/` : ''}${target.name}`
}

/** As {@link parseExplainTarget} reads it. */
export function targetText(target: ExplainTarget): string {
  if (target.kind === 'Cluster') return 'cluster'
  return [kindWords[target.kind], ...(target.kind === 'Pod' ? [target.namespace] : []), target.name].join('/')
}
