/** Who runs the commands that the documents give. A command that nobody runs fails test/docs/commands.test.ts. */
import { commandBlocks } from './documents.ts'

/**
 * `here`: test/docs/commands.test.ts itself runs the block. `cluster`: test/integration/documents.test.ts does, with an
 * operator at work on a real API server. Else another file runs it, as the text `by` in that file shows.
 */
export type Runner = 'here' | 'cluster' | { readonly file: string; readonly by: string }

/** All commands of these documents are run by one test, as they stand there. */
export const documentRunners: Readonly<Record<string, Runner>> = {
  'docs/webhook.md': { file: 'test/docs/webhook.test.ts', by: 'docs/webhook.md' },
  'docs/api.md': { file: 'test/integration/api.test.ts', by: 'docs/api.md' },
  'docs/install.md': { file: 'test/e2e/in-cluster.test.ts', by: 'docs/install.md' },
}

export const commandRunners: Readonly<Record<string, Runner>> = {
  'make demo': { file: '.ci/run', by: 'make demo' },
  'make test': { file: '.ci/run', by: 'make test' },
  // The runner of `make test`, with two of its stages.
  'make verify': { file: 'Makefile', by: 'node hack/test/run.ts checks unit' },
  'export PATH=$(hack/node):$PWD/node_modules/.bin:$PATH': 'here',
  'mocha test/watchers/capacity/judge.test.ts': 'here',
  'hack/dogwatch capacity --help': 'here',
  // Run by a test it would overwrite what that test is to compare with.
  'UPDATE_GOLDEN=1 mocha test/api/generated.test.ts': { file: 'test/api/generated.test.ts', by: 'UPDATE_GOLDEN' },
  'kubectl apply -f examples/': 'cluster',
  'kubectl get dogwatch -A': 'cluster',
  'kubectl get capacitypolicies -A -o wide': 'cluster',
  'kubectl -n dogwatch-system describe capacitypolicy node-overcommit': 'cluster',
  'dogwatch capacity': 'cluster',
  'dogwatch capacity pods -n payments -u': 'cluster',
  'dogwatch capacity namespaces --sort memory.requests': 'cluster',
  'dogwatch capacity --explain node/node-07': 'cluster',
  'dogwatch policy preview examples/02-node-overcommit.yaml': 'cluster',
  'dogwatch silence add namespace=payments --for 2h --comment "load test" -n payments --name load-test': 'cluster',
  'dogwatch silence list -A': 'cluster',
  'dogwatch silence expire load-test -n payments': 'cluster',
  'dogwatch policies list -A': 'cluster',
  'dogwatch receivers list -A': 'cluster',
  'dogwatch routes list -A': 'cluster',
  "dogwatch routes set-channel payments '#payments-oncall' --receiver slack -n dogwatch-system": 'cluster',
  'dogwatch routes mute payments --container sidecar -n dogwatch-system': 'cluster',
  'dogwatch routes list --muted -n dogwatch-system': 'cluster',
  'dogwatch routes unmute payments --container sidecar -n dogwatch-system': 'cluster',
  'dogwatch routes remove payments -n dogwatch-system': 'cluster',
  'dogwatch routes explain payments-api-0 -n payments': 'cluster',
  'kubectl get crashalertroutes -A -o wide': 'cluster',
  'kubectl -n dogwatch-system describe crashalertroute crashes': 'cluster',
  // An example of the help, too.
  'dogwatch convert kubecapwatch config.ini > dogwatch.yaml': { file: 'test/cli/program.test.ts', by: 'config.ini' },
  'dogwatch convert pod-monitor application.yml > crashes.yaml': {
    file: 'test/cli/program.test.ts',
    by: 'application.yml',
  },
  'kubectl create rolebinding dogwatch-secret-reader -n team-a --clusterrole=dogwatch-secret-reader --serviceaccount=dogwatch-system:dogwatch':
    { file: 'test/integration/secrets.test.ts', by: 'kubectl create rolebinding' },
  'kubectl get nodes,pods -A -o json > dump.json': 'cluster',
  'dogwatch capacity --file dump.json': 'cluster',
}

const installing = 'docs/install.md'

/** What another document says of an installation, word for word, is run where that page is. */
export function runnerOf(document: string, command: string): Runner | undefined {
  const known = documentRunners[document] ?? commandRunners[command]
  return known ?? (commandsOfDocument(installing).includes(command) ? documentRunners[installing] : undefined)
}

function commandsOfDocument(name: string): string[] {
  return commandBlocks().flatMap(({ document, commands }) => (document === name ? commands : []))
}
