/** The durations of a reflector; tests shorten them. */
export interface ReflectorTiming {
  /** Asked of the server as `timeoutSeconds`, at random between the two; a stream that outlives it by `overdueMs` is cut. */
  readonly streamSeconds: readonly [number, number]
  readonly overdueMs: number
  /** Longest pause while the initial state comes. */
  readonly initialSilenceMs: number
  /** Longest pause before the first bookmark: measured, it can take two minutes. */
  readonly firstBookmarkSilenceMs: number
  /** Longest pause after that: bookmarks come once a minute. */
  readonly silenceMs: number
  readonly backoffMs: readonly [number, number]
  /** A server that took a request for wrong is asked again after half to all of this. */
  readonly patientMs: number
  /** A stream that lived this long was healthy: back-off starts over. */
  readonly healthyMs: number
  /** A stream without any event that ended sooner than this counts as a failure. */
  readonly shortMs: number
  readonly probeTimeoutMs: number
  readonly pageSize: number
}

export const defaultTiming: ReflectorTiming = {
  streamSeconds: [300, 600],
  overdueMs: 5_000,
  initialSilenceMs: 20_000,
  firstBookmarkSilenceMs: 150_000,
  silenceMs: 90_000,
  backoffMs: [800, 30_000],
  patientMs: 60_000,
  healthyMs: 10_000,
  shortMs: 1_000,
  probeTimeoutMs: 10_000,
  pageSize: 500,
}
