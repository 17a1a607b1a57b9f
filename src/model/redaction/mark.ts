/** What stands in the place of a secret. */
export const redacted = '[redacted]'

/** A piece of a text, from `start` up to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** What is found in a text, in its order; undefined for a place that was looked at and holds nothing, so that no search is long. */
export type Search = Generator<Span | undefined, void>

/** So many places are looked at in one step. */
const placesInStep = 200

/** The text without what is found in it. What a piece shares with the one before is gone with that; an empty one is none. */
export function* withoutFound(text: string, search: Iterable<Span | undefined>): Generator<undefined, string> {
  let told = ''
  let from = 0
  let places = 0
  for (const span of search) {
    places += 1
    if (places % placesInStep === 0) yield
    if (span === undefined || span.end <= Math.max(from, span.start)) continue
    told += text.slice(from, Math.max(from, span.start)) + redacted
    from = span.end
  }
  return from === 0 ? text : told + text.slice(from)
}
