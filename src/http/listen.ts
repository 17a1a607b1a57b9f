/** A port of the operator's. */
export interface ListenAddress {
  /** Undefined: every address of the machine, IPv6 included where there is any. */
  readonly host: string | undefined
  /** 0 takes any free port. */
  readonly port: number
}

export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}
