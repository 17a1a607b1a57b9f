import { errorText, OperatorError } from '../../base/errors.ts'
import { version } from '../../base/version.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'

export interface Connection {
  readonly client: KubeClient
  /** That of the kubeconfig's context. */
  readonly namespace: string
}

/** A client for the cluster that the options name. What it needs is only loaded here: it is most of the program. */
export async function connect(options: ClusterOptions, { clock, env, stderr }: Context): Promise<Connection> {
  const { kubeconfig = env.KUBECONFIG, context, as, asGroup = [] } = options
  if (as === undefined && asGroup.length > 0) {
    throw new OperatorError('INVALID_OPTION', '--as-group needs --as: a group is acted for by a user of it')
  }
  const [{ createKubeClient }, { CredentialSource }, { currentNamespace, loadKubeConfig }, { proxyEnvironment }] =
    await Promise.all([
      import('../../kube/client.ts'),
      import('../../kube/credentials.ts'),
      import('../../kube/kube-config.ts'),
      import('../../kube/proxy.ts'),
    ])
  const load = (known = context) => loadKubeConfig({ kubeconfig, context: known })
  const onUnreadable = (problem: unknown) =>
    stderr.write(`The kubeconfig cannot be read again, the old one goes on being used: ${errorText(problem)}\n`)
  const client = createKubeClient({
    credentials: new CredentialSource(load, clock, { onUnreadable }),
    clock,
    userAgent: `dogwatch/${version}`,
    proxies: proxyEnvironment(env),
    ...(as === undefined ? {} : { impersonate: { user: as, groups: asGroup } }),
  })
  return { client, namespace: currentNamespace(load()) }
}

/** Runs `work` with a client and a signal that the person's patience and Ctrl-C end; the connections are closed behind it. */
export async function withCluster<T>(
  options: ClusterOptions,
  context: Context,
  work: (client: KubeClient, signal: AbortSignal, namespace: string) => Promise<T>,
): Promise<T> {
  const { client, namespace } = await connect(options, context)
  const deadline = new AbortController()
  const timeoutMs = options.requestTimeout ?? 0
  const timer = timeoutMs === 0 ? undefined : context.clock.after(timeoutMs, () => deadline.abort(tooLong(timeoutMs)))
  try {
    return await work(client, AbortSignal.any([context.signal, deadline.signal]), namespace)
  } finally {
    timer?.cancel()
    await client.close()
  }
}

function tooLong(timeoutMs: number): OperatorError {
  return new OperatorError('API_TIMEOUT', `not done within ${timeoutMs / 1000} s, as --request-timeout asks`)
}
