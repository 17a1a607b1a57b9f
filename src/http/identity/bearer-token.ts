/** The direct way in: a bearer token that the API server vouches for (TokenReview). */
import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { ShortMemory } from '../../base/short-memory.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Caller } from './caller.ts'

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean
    readonly user?: {
      readonly username?: string
      readonly uid?: string
      readonly groups?: readonly string[]
      readonly extra?: Readonly<Record<string, readonly string[]>>
    }
  }
}

/** A token that was taken back is known so after this time at most. */
const keepMs = 10_000
const mostTokens = 1_000
const reviewTimeoutMs = 5_000

/** The token of an Authorization header; undefined where it holds none. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
}

export class TokenReviewer {
  readonly #client: KubeClient
  readonly #reviews: ShortMemory<Caller | undefined>

  constructor({ client, clock }: { readonly client: KubeClient; readonly clock: Clock }) {
    this.#client = client
    this.#reviews = new ShortMemory({ clock, keepMs, most: mostTokens })
  }

  /** Undefined: the API server does not know the token. Rejects where it cannot be asked. Tokens are kept as hashes only. */
  callerOf(token: string): Promise<Caller | undefined> {
    const key = createHash('sha256').update(token).digest('base64')
    return this.#reviews.get(key, () => this.#review(token))
  }

  async #review(token: string): Promise<Caller | undefined> {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
    const { status } = await this.#client.requestJson<TokenReview>({
      ...{ method: 'POST', path: '/apis/authentication.k8s.io/v1/tokenreviews', body },
      // Asked for everybody who waits for this answer, so nobody's own signal ends it.
      ...{ signal: new AbortController().signal, timeoutMs: reviewTimeoutMs },
    })
    const { username = '', uid, groups = [], extra = {} } = status?.user ?? {}
    if (status?.authenticated !== true || username === '') return undefined
    return { username, ...(uid === undefined ? {} : { uid }), groups, extra, via: 'token' }
  }
}
