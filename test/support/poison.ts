/** What the package's own I/O would go through: booby-trapped, so that a test sees whether anything reaches it. */
import { createRequire } from 'node:module'
import { KubeConfig, Watch } from '@kubernetes/client-node'

export interface Poison {
  /** What was called in spite of it. */
  readonly touched: readonly string[]
  /** Takes it away again. */
  remove(): void
}

// biome-ignore lint/suspicious/noExplicitAny: methods of any class are exchanged
type Anything = any

const fromPackage = createRequire(createRequire(import.meta.url).resolve('@dot-i/k8s-operator'))

/** Poisons client-node's watch and typed clients, the package's HTTP library, its event queue, and process.exit. */
export function poisonPackage(): Poison {
  const gaxios: Anything = fromPackage('gaxios')
  const queues: Anything = fromPackage('async')
  const touched: string[] = []
  const places: [name: string, owner: Anything, method: string][] = [
    ['Watch.watch', Watch.prototype, 'watch'],
    ['KubeConfig.makeApiClient', KubeConfig.prototype, 'makeApiClient'],
    ['KubeConfig.loadFromDefault', KubeConfig.prototype, 'loadFromDefault'],
    ['gaxios.request', gaxios.instance, 'request'],
    ['Gaxios.request', gaxios.Gaxios.prototype, 'request'],
    ['async.queue', queues, 'queue'],
    ['process.exit', process, 'exit'],
  ]
  const restores = places.map(([name, owner, method]) => {
    const original = Object.getOwnPropertyDescriptor(owner, method)
    const trap = () => {
      touched.push(name)
      throw new Error(`${name} was called`)
    }
    Object.defineProperty(owner, method, { value: trap, configurable: true, writable: true })
    return () => {
      if (original === undefined) delete owner[method]
      else Object.defineProperty(owner, method, original)
    }
  })
  return {
    touched,
    remove: () => {
      for (const restore of restores) restore()
    },
  }
}
