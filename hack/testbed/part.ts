import type { Artifact } from './artifact.ts'
import type { ClusterFiles } from './cluster-files.ts'
import type { Ports } from './ports.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** What was asked for when the cluster was started. */
export interface PartChoice {
  readonly controllers: boolean
  readonly node: boolean
  readonly kwok: boolean
  readonly metricsServer: boolean
}

/** Files in the form in which container runtimes write logs: `2026-01-01T00:00:00.000000000Z stdout F text`. */
export interface KwokLogs {
  /** Absent: of every namespace that no other of these is for. */
  readonly namespace?: string
  /** Of the newest run of a container. */
  readonly file: string
  /** Of the run before. */
  readonly previousFile: string
}

/** What a part may know about the cluster that it belongs to. */
export interface PartContext {
  readonly files: ClusterFiles
  readonly ports: Ports
  /** The address that the API server listens on; with a node the pod bridge's, else loopback. */
  readonly address: string
  readonly options: {
    readonly node: boolean
    readonly auditLog: boolean
    readonly apiServerFlags: readonly string[]
    readonly compactionInterval: string | undefined
    readonly kwokLogs: readonly KwokLogs[]
  }
  /** The folder of an artifact in the cache. */
  artifactFolder(artifact: Artifact): string
  /** GET with the administrator's certificate; rejects when nothing listens. */
  get(url: string): Promise<HttpAnswer>
  /** Server-side applies objects. */
  apply(objects: readonly object[]): Promise<unknown>
}

/** One program of a cluster: what it is made of, how it starts and when it is ready. */
export interface Part {
  readonly name: string
  /** The program's file name; also its name in `KUBEBUILDER_ASSETS`. */
  readonly binary: string
  readonly artifact: Artifact
  isWanted(choice: PartChoice): boolean
  readonly readyWithinMs?: number
  /** It serves the others, which start when it is ready. */
  readonly isFirst?: boolean
  /** It belongs to the node, which outlives a change of the cluster's state. */
  readonly isNode?: boolean
  /** Runs before every start: writes the configuration files that `args` names, and the objects that it serves. */
  prepare?(context: PartContext): Promise<void>
  args(context: PartContext): readonly string[]
  /** May throw while the part is not up yet. */
  isReady(context: PartContext): Promise<boolean>
}
