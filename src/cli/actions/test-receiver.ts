import { receiverTestView } from '../../api/http/object-views.ts'
import { OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import type { ServerOptions } from '../options/server.ts'
import { withOperatorApi } from '../sources/operator-api.ts'

export interface TestReceiverOptions extends ServerOptions, NamespaceOptions {}

/** Has the operator send one message there and says what became of it; exit code 1 where it was not taken. */
export async function testReceiver(name: string, options: TestReceiverOptions, context: Context): Promise<void> {
  await withOperatorApi(options, context, async (api) => {
    const namespace = options.namespace ?? api.namespace
    if (namespace === undefined) {
      throw new OperatorError('INVALID_OPTION', 'name the namespace with -n: with --server-url no kubeconfig says it')
    }
    const path = `/namespaces/${encodeURIComponent(namespace)}/receivers/${encodeURIComponent(name)}/test`
    const { sent, reason, message } = await api.post(path, receiverTestView, {})
    if (sent) {
      context.stdout.write(`${namespace}/${name} took the test message. Look there whether it can be read.\n`)
      return
    }
    const why = reason === undefined ? '' : ` (${reason})`
    const look = `kubectl -n ${namespace} describe alertreceiver ${name}`
    context.stderr.write(`${namespace}/${name} did not take the test message${why}: ${message}\nLook: ${look}\n`)
    context.exitCode = 1
  })
}
