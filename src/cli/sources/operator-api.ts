/**
 * The operator's API. With a kubeconfig alone it is asked through the API server, which sends the request on with the caller's
 * name; with `--server-url` it is asked itself, with a token. Paths and answers are the same.
 */
import type { z } from 'zod'
import { aggregatedGroup, aggregatedRoot, aggregatedVersion } from '../../api/http/paths.ts'
import { errorText, hasCode, OperatorError } from '../../base/errors.ts'
import { version } from '../../base/version.ts'
import { ApiError } from '../../kube/api-error.ts'
import type { ApiRequest, KubeClient } from '../../kube/client.ts'
import { readInput } from '../actions/read-input.ts'
import type { Context } from '../context.ts'
import type { ServerOptions } from '../options/server.ts'
import { withCluster } from './connect.ts'

export interface OperatorApi {
  /** That of the kubeconfig's context; undefined where there is none. */
  readonly namespace: string | undefined
  readonly signal: AbortSignal
  get<T>(path: string, schema: z.ZodType<T>, query?: ApiRequest['query']): Promise<T>
  post<T>(path: string, schema: z.ZodType<T>, body: object): Promise<T>
}

/** Runs `work`; the connections are closed behind it. */
export async function withOperatorApi<T>(
  options: ServerOptions,
  context: Context,
  work: (api: OperatorApi) => Promise<T>,
): Promise<T> {
  requireOneWay(options)
  if (options.serverUrl === undefined) {
    return withCluster(options, context, (client, signal, namespace) =>
      work(createOperatorApi(client, { signal, namespace, explain: explainAggregated })),
    )
  }
  const client = await connectDirectly(options.serverUrl, options, context)
  try {
    const api = { signal: context.signal, namespace: undefined, explain: explainDirect }
    return await work(createOperatorApi(client, api))
  } finally {
    await client.close()
  }
}

function requireOneWay(options: ServerOptions): void {
  const { serverUrl, tokenFile, certificateAuthority, insecureSkipTlsVerify } = options
  const given = { tokenFile, certificateAuthority, insecureSkipTlsVerify }
  if (serverUrl === undefined && Object.values(given).some((value) => value !== undefined)) {
    throw new OperatorError(
      'INVALID_OPTION',
      '--token-file, --certificate-authority and --insecure-skip-tls-verify go with --server-url: the kubeconfig has its own',
    )
  }
  if (serverUrl !== undefined && tokenFile === undefined) {
    throw new OperatorError(
      'INVALID_OPTION',
      '--server-url needs --token-file: kubectl create token NAME makes a token',
    )
  }
  if (serverUrl !== undefined && !/^https:\/\/[^/?#]+\/?$/.test(serverUrl)) {
    throw new OperatorError('INVALID_OPTION', `--server-url "${serverUrl}": write https://HOST:PORT`)
  }
}

async function connectDirectly(server: string, options: ServerOptions, context: Context): Promise<KubeClient> {
  const [{ KubeConfig }, { createKubeClient }, { CredentialSource }, { proxyEnvironment }] = await Promise.all([
    import('@kubernetes/client-node'),
    import('../../kube/client.ts'),
    import('../../kube/credentials.ts'),
    import('../../kube/proxy.ts'),
  ])
  const token = (await readInput(options.tokenFile!, context)).trim()
  const authority = options.certificateAuthority === undefined ? {} : { caFile: options.certificateAuthority }
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    { name: 'operator', server, skipTLSVerify: options.insecureSkipTlsVerify === true, ...authority },
    { name: 'caller', token },
  )
  return createKubeClient({
    credentials: new CredentialSource(() => config, context.clock),
    clock: context.clock,
    userAgent: `dogwatch/${version}`,
    proxies: proxyEnvironment(context.env),
  })
}

interface ApiOptions {
  readonly signal: AbortSignal
  readonly namespace: string | undefined
  readonly explain: (error: unknown) => unknown
}

function createOperatorApi(client: KubeClient, { signal, namespace, explain }: ApiOptions): OperatorApi {
  const ask = async <T>(request: Omit<ApiRequest, 'signal'>, schema: z.ZodType<T>): Promise<T> => {
    const path = `${aggregatedRoot}${request.path}`
    const answer = await client.requestJson<unknown>({ ...request, path, signal }).catch((error: unknown) => {
      throw explain(error)
    })
    const { success, data, error } = schema.safeParse(answer)
    if (success) return data
    const what = `${request.method ?? 'GET'} ${path}: the operator's answer is not as this program (${version}) knows it`
    throw new OperatorError('API_SERVER', `${what}: is the operator of another version? ${errorText(error)}`)
  }
  return {
    signal,
    namespace,
    get: (path, schema, query = {}) => ask({ path, query }, schema),
    post: (path, schema, body) => ask({ method: 'POST', path, body }, schema),
  }
}

const apiService = `${aggregatedVersion}.${aggregatedGroup}`

/** The operator answers with a sentence of its own; what else comes is from the API server, which did not reach it. */
function explainAggregated(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error
  if (error.status === 404 && /page not found|could not find the requested resource/.test(error.message)) {
    const message = `the cluster does not serve the operator's API: there is no APIService ${apiService}.
  Install it (docs/install.md), or ask the operator itself with --server-url and --token-file.
  The server said`
    return new OperatorError('API_NOT_FOUND', message, { cause: error })
  }
  const isUnreached = error.status === 503 && /service unavailable|error trying to reach service/i.test(error.message)
  if (!isUnreached) return error
  const message = `the API server does not reach the operator.
  Look: kubectl get apiservice ${apiService}; kubectl -n dogwatch-system get pods
  The server said`
  return new OperatorError('API_UNREACHABLE', message, { cause: error })
}

function explainDirect(error: unknown): unknown {
  if (hasCode(error, 'API_UNREACHABLE') && /certificate|self.signed/i.test(errorText(error))) {
    const way = "name the operator's authority with --certificate-authority"
    return new OperatorError(error.code, `the operator's certificate is not trusted: ${way}`, { cause: error })
  }
  return error
}
