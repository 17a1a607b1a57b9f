/**
 * Which addresses no receiver may have: whoever may write an AlertReceiver must not thereby speak to what listens on the
 * operator's own host or to the cloud's metadata service. Private networks are where receivers in a cluster live: they
 * are allowed.
 */
import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export const addressClasses = ['loopback', 'link-local', 'metadata', 'unspecified', 'multicast', 'broadcast'] as const
export type AddressClass = (typeof addressClasses)[number]

/** First match wins. Metadata: AWS, Google, Azure, Oracle, Alibaba and Scaleway, as each documents it. */
const networks: readonly (readonly [AddressClass, ...(readonly [string, number][])])[] = [
  ['metadata', ['169.254.169.254', 32], ['169.254.170.2', 32], ['168.63.129.16', 32], ['100.100.100.200', 32]],
  ['metadata', ['192.0.0.192', 32], ['fd00:ec2::254', 128], ['fd20:ce::254', 128], ['fd00:42::42', 128]],
  ['loopback', ['127.0.0.0', 8], ['::1', 128]],
  ['link-local', ['169.254.0.0', 16], ['fe80::', 10]],
  ['unspecified', ['0.0.0.0', 8], ['::', 128]],
  ['multicast', ['224.0.0.0', 4], ['ff00::', 8]],
  ['broadcast', ['255.255.255.255', 32]],
]

const lists = networks.map(([name, ...subnets]) => ({ name, list: blockListOf(subnets) }))

function blockListOf(subnets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [address, bits] of subnets) {
    list.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4')
    for (const [alias, aliasBits] of isIP(address) === 4 ? aliasesOf(address, bits) : []) {
      list.addSubnet(alias, aliasBits, 'ipv6')
    }
  }
  return list
}

/** IPv6 addresses that lead to an IPv4 one: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056). */
function aliasesOf(address: string, bits: number): [string, number][] {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  const [high, low] = [bytes.slice(0, 2).join(''), bytes.slice(2).join('')]
  const compatible: [string, number][] = address === '0.0.0.0' ? [] : [[`::${high}:${low}`, 96 + bits]]
  return [
    ...compatible,
    [`::ffff:${high}:${low}`, 96 + bits],
    [`64:ff9b::${high}:${low}`, 96 + bits],
    [`2002:${high}:${low}::`, 16 + bits],
  ]
}

/** What makes an IP address one that no receiver may have; undefined: it may. */
export function addressClassOf(address: string): AddressClass | undefined {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  return lists.find(({ list }) => list.check(bare, family))?.name
}

/** A receiver's name stands for an address that no receiver may have. */
export class AddressRefused extends Error {
  readonly addressClass: AddressClass

  constructor(addressClass: AddressClass) {
    super(`a ${addressClass} address`)
    this.name = 'AddressRefused'
    this.addressClass = addressClass
  }
}

type Lookup = (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]>

/**
 * Looks names up for a connection that is being made, so that the address that was checked is the address that is used. One
 * bad address among several spoils the name. A name is asked for once at a time: where DNS does not answer, each question
 * holds a thread for many seconds, and there are few.
 */
export function createGuardedLookup(resolve: Lookup = lookup): LookupFunction {
  const underWay = new Map<string, Promise<LookupAddress[]>>()
  const ask = (hostname: string, options: LookupAllOptions) => {
    const key = `${hostname} ${options.family ?? 0} ${options.hints ?? 0}`
    const asked = underWay.get(key) ?? resolve(hostname, options).finally(() => underWay.delete(key))
    underWay.set(key, asked)
    return asked
  }
  return (hostname, options, callback) => {
    const answer = (addresses: readonly LookupAddress[]) => {
      const refused = addresses.map(({ address }) => addressClassOf(address)).find((found) => found !== undefined)
      if (refused !== undefined) return callback(new AddressRefused(refused), '')
      if (options.all === true) return callback(null, [...addresses])
      return callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
    }
    ask(hostname, { ...options, all: true }).then(answer, (error: Error) => callback(error, ''))
  }
}

/** The one that this process's connections share. */
export const guardedLookup: LookupFunction = createGuardedLookup()
