import type { z } from 'zod'

export const apiGroup = 'dogwatch.dev'
export const apiVersion = 'v1alpha1'

/** The namespace whose resources may select the whole cluster, when the operator is not told otherwise. */
export const defaultSystemNamespace = 'dogwatch-system'

/** A column of `kubectl get`; those with priority 1 are shown by `-o wide` only. */
export interface PrinterColumn {
  name: string
  type: 'string' | 'integer' | 'boolean' | 'date'
  jsonPath: string
  description: string
  priority?: 0 | 1
}

/** All that is said about a kind; types, CRD, RBAC and reference come from it. */
export interface Kind<Spec extends z.ZodObject = z.ZodObject, Status extends z.ZodObject = z.ZodObject> {
  group: string
  version: string
  kind: string
  plural: string
  singular: string
  shortNames: readonly string[]
  categories: readonly string[]
  scope: 'Namespaced'
  /** What the kind is for; `kubectl explain` begins with it. */
  description: string
  spec: Spec
  status: Status
  columns: readonly PrinterColumn[]
  /** A short spec that works, shown in the reference. */
  example: z.input<Spec>
}

type OwnWords = 'group' | 'version' | 'categories' | 'scope'

/** A kind of this group, with its type kept. */
export function defineKind<const Name extends string, Spec extends z.ZodObject, Status extends z.ZodObject>(
  words: Omit<Kind<Spec, Status>, OwnWords | 'kind'> & { kind: Name },
) {
  return {
    group: apiGroup,
    version: apiVersion,
    categories: ['dogwatch'],
    scope: 'Namespaced',
    ...words,
  } satisfies Kind<Spec, Status>
}

/** The part of metav1.ObjectMeta that Dogwatch reads. */
export interface ObjectMeta {
  name: string
  namespace: string
  uid: string
  resourceVersion: string
  generation: number
  creationTimestamp: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}

/** A kind's spec as the API server stores it: defaults are filled in. */
export type SpecOf<K extends Kind> = z.output<K['spec']>
export type StatusOf<K extends Kind> = z.output<K['status']>

/** A custom resource. `status` is absent until the operator has first seen it. */
export interface Resource<K extends Kind> {
  apiVersion: string
  kind: K['kind']
  metadata: ObjectMeta
  spec: SpecOf<K>
  status?: StatusOf<K>
}
