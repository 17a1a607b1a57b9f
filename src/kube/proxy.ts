import { BlockList, isIP } from 'node:net'

/** The environment's proxy settings, as curl and Go read them. */
export interface ProxyEnvironment {
  readonly httpProxy?: string | undefined
  readonly httpsProxy?: string | undefined
  readonly noProxy?: string | undefined
}

/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, lower case first. */
export function proxyEnvironment(environment: Readonly<Record<string, string | undefined>>): ProxyEnvironment {
  const read = (name: string) => environment[name.toLowerCase()] ?? environment[name]
  return { httpProxy: read('HTTP_PROXY'), httpsProxy: read('HTTPS_PROXY'), noProxy: read('NO_PROXY') }
}

/** The proxy for a server, or undefined for a direct connection. Loopback is never proxied. */
export function proxyFor(server: URL, environment: ProxyEnvironment): string | undefined {
  const proxy = server.protocol === 'https:' ? environment.httpsProxy : environment.httpProxy
  if (proxy === undefined || proxy === '') return undefined
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (isLoopback(host) || isExcluded(host, portOf(server), environment.noProxy ?? '')) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function portOf(server: URL): string {
  return server.port !== '' ? server.port : server.protocol === 'https:' ? '443' : '80'
}

function isExcluded(host: string, port: string, noProxy: string): boolean {
  const entries = noProxy.split(/[\s,]+/).filter((entry) => entry !== '')
  return entries.some((entry) => matches(host, port, entry.toLowerCase()))
}

/** An entry is `*`, an address, a network in CIDR form, or a domain that covers its subdomains; each may end in `:port`. */
function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true
  const [, domain = entry, entryPort] = /^([^:]+|\[.*\])(?::(\d+))?$/.exec(entry) ?? []
  if (entryPort !== undefined && entryPort !== port) return false
  const bare = domain.replace(/^\[(.*)\]$/, '$1')
  if (bare.includes('/')) return isInNetwork(host, bare)
  const suffix = bare.replace(/^\*?\./, '')
  return host.endsWith(`.${suffix}`) || (host === suffix && !bare.startsWith('*.'))
}

function isInNetwork(host: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/')
  if (isIP(host) === 0 || isIP(address) !== isIP(host) || !/^\d{1,3}$/.test(bits)) return false
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4'
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false
  const block = new BlockList()
  block.addSubnet(address, Number(bits), family)
  return block.check(host, family)
}
