/** Whoever makes a request, as the API server knows him. */
export interface Caller {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
  /** How it was proved: by a bearer token, or by the API server in front. */
  readonly via: 'token' | 'apiServer'
}
