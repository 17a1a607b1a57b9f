/** A silence as the API shows it. */
import { z } from 'zod'
import { objectView } from '../api/http/object-views.ts'
import { type Silence, silence, silenceStates } from '../api/silence.ts'
import type { KubeObject } from '../kube/resource.ts'
import { viewOfObject } from './object-view.ts'

export const silenceView = objectView.extend({
  state: z.enum(silenceStates).optional().describe('Absent: the operator has not looked at it yet.'),
  startsAt: z.string().optional().describe('RFC 3339.'),
  endsAt: z.string().optional().describe('RFC 3339.'),
  muted: z.int().optional().describe('Open alerts that it keeps quiet; counted each half minute.'),
  matchers: silence.spec.shape.matchers,
  comment: z.string().optional(),
  createdBy: z.string().optional(),
})

export function viewOfSilence(object: KubeObject): z.input<typeof silenceView> {
  const { spec, status = {} } = object as unknown as Silence
  const { state, startsAt = spec.startsAt, endsAt = spec.endsAt, muted } = status
  const { matchers, comment, createdBy } = spec
  return { ...viewOfObject(object), state, startsAt, endsAt, muted, matchers, comment, createdBy }
}
