import type { Cluster } from '../hack/testbed/cluster.ts'
import type { ClusterSize } from './cluster/fill.ts'

/** One line of the benchmark's table of promises, and what its measuring gives. */
export interface Work {
  /** Short, for `ONLY=` and file names. */
  readonly name: string
  readonly title: string
  run(context: BenchContext): Promise<WorkResult>
}

export interface BenchContext {
  /** `QUICK=1`: fewer repetitions, a smaller cluster, under three minutes. */
  readonly isQuick: boolean
  readonly say: (line: string) => void
  /** Programs that were built for this run. */
  readonly programs: Programs
  readonly size: ClusterSize
  /** The name of the big cluster's snapshot. */
  readonly clusterName: string
  /** The big cluster, with Dogwatch's kinds and example policies in it; started at first use. */
  bigCluster(): Promise<BigCluster>
  /** Frees the cores for what needs no cluster. It starts anew at the next use. */
  stopBigCluster(): Promise<void>
  /** A folder of this run that is removed at its end. */
  readonly folder: string
}

export interface Programs {
  readonly measure: string
  readonly informer: string
  readonly replay: string
  readonly kubectl: string
  /** The bundle that ships. */
  readonly dogwatch: string
  /** `bench/consumers/watch-cache.ts`, bundled the same way. */
  readonly watchCache: string
  /** `bench/consumers/pipeline.ts`, bundled the same way. */
  readonly pipeline: string
}

export interface BigCluster {
  readonly size: ClusterSize
  readonly cluster: Cluster
}

export interface WorkResult {
  readonly subjects: readonly Subject[]
  readonly bars: readonly Bar[]
  /** What a reader must know to judge the figures. */
  readonly notes: readonly string[]
}

/** One of the things that are compared. Absent figures were not measured. */
export interface Subject {
  readonly name: string
  /** One figure for each repetition. */
  readonly timesMs?: readonly number[]
  readonly cpuMs?: readonly number[]
  readonly peakBytes?: readonly number[]
  readonly rssBytes?: readonly number[]
  /** Other figures, by name with unit: `lag p99 ms`. */
  readonly figures?: Readonly<Record<string, number>>
}

/** A promise and what was measured. */
export interface Bar {
  readonly what: string
  readonly unit: 'x' | 'MB' | 'ms' | 'alerts/s' | 'crashes' | 'workloads' | 'messages'
  readonly comparison: '<=' | '>='
  readonly limit: number
  readonly value: number
}
