/** A kind as its CustomResourceDefinition. */
import { z } from 'zod'
import type { Kind } from '../kind.ts'
import { type StructuralSchema, structuralSchema } from './structural.ts'

export interface CustomResourceDefinition {
  apiVersion: 'apiextensions.k8s.io/v1'
  kind: 'CustomResourceDefinition'
  metadata: { name: string }
  spec: {
    group: string
    scope: string
    names: Record<string, string | readonly string[]>
    versions: [
      {
        name: string
        served: boolean
        storage: boolean
        schema: { openAPIV3Schema: StructuralSchema }
        subresources: { status: Record<string, never> }
        additionalPrinterColumns: Record<string, string | number>[]
      },
    ]
  }
}

export function renderCrd(kind: Kind): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: kind.scope,
      names: names(kind),
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(kind) },
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns.map((column) => ({ ...column })),
        },
      ],
    },
  }
}

function names({ kind, plural, singular, shortNames, categories }: Kind): CustomResourceDefinition['spec']['names'] {
  return { kind, listKind: `${kind}List`, plural, singular, shortNames, categories }
}

/** The schema of the whole object; the API server itself describes apiVersion, kind and metadata. */
function objectSchema(kind: Kind): StructuralSchema {
  const whole = z
    .object({
      apiVersion: z.string().optional(),
      kind: z.string().optional(),
      metadata: z.object({}).optional(),
      spec: kind.spec,
      status: kind.status.optional(),
    })
    .describe(kind.description)
  return structuralSchema(whole)
}
