/** The seam of the API: a route is one file in routes/ and one line in api-routes.ts. */
import { z } from 'zod'
import type { Access } from './access.ts'
import type { Caller } from './identity/caller.ts'
import type { TextDownload } from './text-download.ts'

export interface ApiContext<Parts> {
  readonly caller: Caller
  readonly access: Access
  /** What the route works on; each route says what it needs. */
  readonly parts: Parts
  readonly nowMs: number
  /** Aborted at the request's deadline. */
  readonly signal: AbortSignal
}

/** The schemas check what comes in and make the OpenAPI document; an answer holds what its schema names and nothing else. */
export interface ApiRoute<
  Parts,
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodObject,
  A extends z.ZodType,
> {
  readonly method: 'GET' | 'POST'
  /** Below the root of the API; `:name` stands for a member of `params`. */
  readonly path: string
  /** For callers that have known it since before there was a version: served at the root, too. */
  readonly isAlsoAtRoot?: boolean
  readonly summary: string
  /** Which right of the caller it asks for, in words. */
  readonly rights: string
  readonly params: P
  readonly query: Q
  readonly body: B
  readonly answer: A
  /** It can give a text to download instead. */
  readonly isAlsoText?: boolean
  /** Only the process that leads can do it. */
  readonly needsLeader: boolean
  handle(
    input: { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> },
    context: ApiContext<Parts>,
  ): Promise<z.input<A> | TextDownload>
}

// biome-ignore lint/suspicious/noExplicitAny: routes of different shapes stand in one list
export type AnyApiRoute<Parts = any> = ApiRoute<Parts, any, any, any, any>

export const nothing = z.strictObject({})

type Schemas = 'params' | 'query' | 'body'

/** `defineRoute<Parts>()({...})`: a route that works on these parts; schemas that are left out take nothing. */
export function defineRoute<Parts>() {
  return <
    A extends z.ZodType,
    P extends z.ZodObject = typeof nothing,
    Q extends z.ZodObject = typeof nothing,
    B extends z.ZodObject = typeof nothing,
  >(
    route: Omit<ApiRoute<Parts, P, Q, B, A>, Schemas> & Partial<Pick<ApiRoute<Parts, P, Q, B, A>, Schemas>>,
  ): ApiRoute<Parts, P, Q, B, A> => {
    const defaults = { params: nothing, query: nothing, body: nothing }
    return { ...defaults, ...route } as unknown as ApiRoute<Parts, P, Q, B, A>
  }
}
