/** What a conversion gives: manifests, and what became of every setting. */
import type { NewObject } from '../../kube/writer.ts'

export interface Conversion {
  readonly manifests: readonly NewObject[]
  readonly settings: readonly SettingFate[]
  /** Credentials that the manifests name and nobody has stored yet. */
  readonly secrets: readonly MissingSecret[]
  /** What has to be done or known besides. */
  readonly advice: readonly string[]
  /** Flags for the operator, as they are written, each with what it comes from. */
  readonly operatorFlags?: readonly OperatorFlag[]
}

export interface OperatorFlag {
  /** `--cluster-name=prod`. */
  readonly flag: string
  readonly meaning: string
}

export type Fate = 'converted' | 'dropped' | 'unknown'

/** A setting is told by its name alone: its value may be a secret. */
export interface SettingFate {
  /** Where settings have one. */
  readonly section?: string | undefined
  readonly key: string
  readonly fate: Fate
  /** Converted: where to. Else: why not. */
  readonly text: string
  /** Converted, and not the same as before: what is different. */
  readonly difference?: string
}

export interface MissingSecret {
  readonly namespace: string
  readonly name: string
  readonly key: string
  /** What to write in place of the placeholder. */
  readonly meaning: string
}

/** A part of a conversion. */
export interface Converted<T> {
  readonly value: T
  readonly settings: readonly SettingFate[]
  readonly advice?: readonly string[]
}
