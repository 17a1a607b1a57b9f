/** A policy as the API shows it. */
import { z } from 'zod'
import { objectView } from '../api/http/object-views.ts'
import type { KubeObject } from '../kube/resource.ts'
import { viewOfObject } from './object-view.ts'

export const policyView = objectView.extend({
  kind: z.string(),
  suspended: z.boolean().describe('Nothing is judged or told.'),
  firing: z.int().optional().describe('Open alerts.'),
  unknown: z.int().optional().describe('Numbers that cannot be had.'),
})

/** What all kinds of policies have, and by which names. */
interface PolicyObject {
  readonly spec: { readonly suspend: boolean }
  readonly status?: { readonly firing?: number; readonly open?: number; readonly unknown?: number }
}

export function viewOfPolicy(kind: string, object: KubeObject): z.output<typeof policyView> {
  const { spec, status = {} } = object as unknown as PolicyObject
  const { firing = status.open, unknown } = status
  return { ...viewOfObject(object), kind, suspended: spec.suspend, firing, unknown }
}
