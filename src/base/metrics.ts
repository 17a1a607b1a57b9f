/**
 * What the process tells about itself. Every part declares its metrics once, with the whole set of values of each label,
 * so that every series exists from the start: a counter that was never raised reads 0, not "no data".
 */
export interface Metrics {
  counter(definition: MetricDefinition): Counter
  gauge(definition: MetricDefinition): Gauge
  histogram(definition: HistogramDefinition): Histogram
}

export interface MetricDefinition {
  /** Prometheus style: `dogwatch_<subsystem>_<noun>_<unit>`, base units, `_total` for counters. */
  readonly name: string
  readonly help: string
  /** Per label all its values, or `open` where configuration sets them: then `start` and `forget` bound the series. */
  readonly labels?: Readonly<Record<string, readonly string[] | 'open'>>
}

export interface HistogramDefinition extends MetricDefinition {
  /** Upper bounds, ascending, in the unit of the name. */
  readonly buckets: readonly number[]
}

export type Labels = Readonly<Record<string, string>>

/** The series of a metric whose open labels have these values. */
export interface Series {
  /** Makes them exist, at zero. */
  start(open: Labels): void
  /** Ends them: the thing they spoke of is gone. */
  forget(open: Labels): void
}

export interface Counter extends Series {
  add(labels?: Labels, amount?: number): void
}

export interface Gauge extends Series {
  set(labels: Labels, value: number): void
}

export interface Histogram extends Series {
  observe(labels: Labels, value: number): void
}

const noSeries: Series = { start: () => {}, forget: () => {} }

/** For commands that nobody scrapes. */
export const noMetrics: Metrics = {
  counter: () => ({ ...noSeries, add: () => {} }),
  gauge: () => ({ ...noSeries, set: () => {} }),
  histogram: () => ({ ...noSeries, observe: () => {} }),
}
