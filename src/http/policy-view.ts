/** A policy as the API shows it. */
import { z } from 'zod'
import { type CapacityPolicy, capacityPolicy } from '../api/capacity-policy.ts'
import { objectView } from '../api/http/object-views.ts'
import type { KubeObject } from '../kube/resource.ts'
import { viewOfObject } from './object-view.ts'

export const policyView = objectView.extend({
  kind: z.string(),
  suspended: z.boolean().describe('Nothing is judged or told.'),
  firing: z.int().optional().describe('Open alerts.'),
  unknown: z.int().optional().describe('Numbers that cannot be had.'),
})

export function viewOfPolicy(object: KubeObject): z.output<typeof policyView> {
  const { spec, status } = object as unknown as CapacityPolicy
  const { firing, unknown } = status ?? {}
  return { ...viewOfObject(object), kind: capacityPolicy.kind, suspended: spec.suspend, firing, unknown }
}
