/** What is kept of a namespace to route its crashes. */
import { channelAnnotation } from '../../api/crash-alert-route.ts'
import type { Labels } from '../../model/label-selector.ts'

export interface CrashNamespace {
  readonly name: string
  readonly labels: Labels
  /** The Slack channel that its annotation names, as somebody wrote it. */
  readonly wishedChannel?: string
}

export interface NamespaceObject {
  readonly metadata: {
    readonly name: string
    readonly labels?: Labels
    readonly annotations?: Readonly<Record<string, string>>
  }
}

export function projectCrashNamespace({ metadata }: NamespaceObject): CrashNamespace {
  const { name, labels = {}, annotations = {} } = metadata
  const wishedChannel = annotations[channelAnnotation]?.trim() ?? ''
  return { name, labels, ...(wishedChannel === '' ? {} : { wishedChannel }) }
}
