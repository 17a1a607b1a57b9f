/**
 * Secrets by name, from the API server: `get` alone, so that the operator can be given the few it needs. One request brings
 * all keys of a Secret, and readers that come together share it. While the API server cannot be asked, what was read
 * last still counts: an alert is not lost because two things failed at once.
 */
import { secretReaderRole } from '../api/crd/operator-access.ts'
import type { Clock } from '../base/clock.ts'
import { errorText, hasCode, OperatorError } from '../base/errors.ts'
import { unlessAborted } from '../kube/call-deadline.ts'
import type { KubeClient } from '../kube/client.ts'
import { objectKey, resourcePath } from '../kube/resource.ts'
import type { Secrets } from './secrets.ts'

export interface SecretReaderOptions {
  readonly client: KubeClient
  readonly clock: Clock
  /** Who the operator is at the API server, as `namespace:name`: for advice on which right is missing. */
  readonly serviceAccount: string
}

const secretType = { group: '', version: 'v1', resource: 'secrets' }
const freshMs = 60_000
const timeoutMs = 5_000
/** A key's name may be a hint for people; a list of them is not. */
const shownKeys = 5

/** Base64, by key. */
type SecretData = Readonly<Record<string, string>>

interface Known {
  readonly data: SecretData
  readonly readMs: number
}

interface SecretName {
  readonly namespace: string
  readonly name: string
}

export class SecretReader {
  readonly #options: SecretReaderOptions
  readonly #known = new Map<string, Known>()
  readonly #asking = new Map<string, Promise<SecretData>>()
  readonly #abort = new AbortController()

  constructor(options: SecretReaderOptions) {
    this.#options = options
  }

  /** The Secrets of one namespace, and of no other. */
  of(namespace: string): Secrets {
    return {
      read: async ({ name, key }, signal) => {
        const secret = { namespace, name }
        return valueOfKey(await unlessAborted(this.#data(secret), signal), secret, key)
      },
      refused: ({ name }) => void this.#known.delete(objectKey({ namespace, name })),
    }
  }

  stop(): void {
    this.#abort.abort(new OperatorError('SHUTTING_DOWN', 'The operator is ending'))
  }

  async #data(secret: SecretName): Promise<SecretData> {
    const key = objectKey(secret)
    const known = this.#known.get(key)
    if (known !== undefined && this.#options.clock.monotonicMs() - known.readMs < freshMs) return known.data
    try {
      return await this.#askTogether(secret)
    } catch (error) {
      if (hasCode(error, 'API_NOT_FOUND', 'API_FORBIDDEN')) this.#known.delete(key)
      else if (known !== undefined && this.#known.has(key)) return known.data
      throw this.#explain(error, secret)
    }
  }

  #askTogether(secret: SecretName): Promise<SecretData> {
    const key = objectKey(secret)
    const underWay = this.#asking.get(key)
    if (underWay !== undefined) return underWay
    const asking = this.#ask(secret).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  async #ask(secret: SecretName): Promise<SecretData> {
    const { client, clock } = this.#options
    const path = resourcePath(secretType, secret)
    const { data = {} } = await client.requestJson<{ data?: SecretData }>({
      ...{ path, timeoutMs, signal: this.#abort.signal },
    })
    this.#known.set(objectKey(secret), { data, readMs: clock.monotonicMs() })
    return data
  }

  #explain(error: unknown, secret: SecretName): OperatorError {
    const key = objectKey(secret)
    const unavailable = (text: string) => new OperatorError('SECRET_UNAVAILABLE', `Secret ${key} ${text}`)
    if (hasCode(error, 'API_NOT_FOUND')) return unavailable('does not exist: create it or correct the reference')
    if (hasCode(error, 'API_FORBIDDEN')) return unavailable(`may not be read: ${this.#howToGrant(secret)}`)
    return unavailable(`cannot be read now: ${errorText(error)}`)
  }

  #howToGrant({ namespace }: SecretName): string {
    const account = this.#options.serviceAccount
    return `kubectl create rolebinding ${secretReaderRole} -n ${namespace} --clusterrole=${secretReaderRole} --serviceaccount=${account}`
  }
}

function valueOfKey(data: SecretData, secret: SecretName, key: string): string {
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined
  if (encoded !== undefined && encoded !== '')
    return Buffer.from(encoded, 'base64')
      .toString('utf8')
      .replace(/\r?\n$/, '')
  const keys = Object.keys(data)
  const more = keys.length > shownKeys ? ', ...' : ''
  const has = keys.length === 0 ? 'it is empty' : `it has ${keys.slice(0, shownKeys).join(', ')}${more}`
  const state = encoded === '' ? `has nothing under key ${key}` : `has no key ${key} (${has})`
  throw new OperatorError('SECRET_UNAVAILABLE', `Secret ${objectKey(secret)} ${state}: add it or correct the reference`)
}
