/** Values of Secrets in a receiver's own namespace. */
export interface SecretReference {
  readonly name: string
  readonly key: string
}

export interface Secrets {
  /**
   * The value, at most a minute old; older only while the API server cannot be asked. A line break at its end is cut off: most
   * are there by mistake. Rejects with SECRET_UNAVAILABLE naming Secret and key, and what to do; never with any part of a value.
   */
  read(reference: SecretReference, signal: AbortSignal): Promise<string>
  /** The value was not taken: the next `read` asks the API server. */
  refused(reference: SecretReference): void
}
