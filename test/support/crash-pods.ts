/** Pods as the kubelet leaves them, for tests of what is read of them. */
import { createPodProjection, type PodFacts } from '../../src/watchers/crash/pod-facts.ts'
import type {
  ContainerObject,
  ContainerStateObject,
  ContainerStatusObject,
  MetadataObject,
  PodObject,
} from '../../src/watchers/crash/pod-object.ts'

/** RFC 3339 of so many seconds after noon. */
export const at = (seconds: number): string => new Date(noonMs + seconds * 1_000).toISOString().replace('.000', '')
export const noonMs = Date.parse('2026-03-01T12:00:00Z')

export interface End {
  readonly id?: string
  readonly code: number
  readonly reason?: string
  readonly message?: string
  readonly from?: number
  readonly to?: number
}

export function ended({ id, code, reason, message, from = 0, to = 10 }: End): ContainerStateObject {
  const words = {
    ...(message === undefined ? {} : { message }),
    reason: reason ?? (code === 0 ? 'Completed' : 'Error'),
  }
  const containerID = id === undefined ? {} : { containerID: `containerd://${id}` }
  return { terminated: { exitCode: code, ...words, startedAt: at(from), finishedAt: at(to), ...containerID } }
}

export const running = (seconds = 0): ContainerStateObject => ({ running: { startedAt: at(seconds) } })
export const waiting = (reason: string, message?: string): ContainerStateObject => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
})

export interface PodParts {
  readonly metadata?: Partial<MetadataObject>
  readonly spec?: Partial<NonNullable<PodObject['spec']>>
  readonly status?: Partial<NonNullable<PodObject['status']>>
}

/** A pod with one container `main` that this is the status of. */
export function podWith(main: Partial<ContainerStatusObject>, { metadata, spec, status }: PodParts = {}): PodFacts {
  return project({
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u-1', creationTimestamp: at(-5), ...metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'shop/web:1' }], ...spec },
    status: {
      phase: 'Running',
      startTime: at(-4),
      containerStatuses: [{ name: 'main', ready: false, restartCount: 0, ...main }],
      ...status,
    },
  })
}

export const project = createPodProjection()

export const initContainer = (restartPolicy?: 'Always'): ContainerObject => ({
  name: 'before',
  image: 'shop/before:1',
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
})
