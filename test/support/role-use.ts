/** Holds what roles grant against what was asked of the API server. */
import type { AuditEvent } from '../../hack/testbed/audit.ts'

interface Rule {
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly verbs: readonly string[]
}

export interface Role {
  readonly rules: readonly Rule[]
}

/** `watch pods`, `patch capacitypolicies/status.dogwatch.dev`: every single right. */
export function grantsOf(roles: readonly Role[]): string[] {
  return roles.flatMap(({ rules }) => rules.flatMap(grantsOfRule))
}

function grantsOfRule({ apiGroups = [], resources = [], verbs }: Rule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => accessName(verb, resource, group))),
  )
}

function accessName(verb: string, resource: string, group: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`
}

/** The right that a request needed; undefined for one that is about no resource, such as discovery. */
export function accessOf({ verb, objectRef }: AuditEvent): string | undefined {
  if (objectRef?.resource === undefined) return undefined
  const { resource, subresource, apiGroup = '' } = objectRef
  return accessName(verb, subresource === undefined ? resource : `${resource}/${subresource}`, apiGroup)
}

/** Requests that were not allowed, one line each. */
export function refusals(events: readonly AuditEvent[]): string[] {
  const refused = events.filter(({ responseStatus }) => [401, 403].includes(responseStatus?.code ?? 0))
  return refused.map(({ verb, requestURI, responseStatus }) => `${responseStatus?.code} ${verb} ${requestURI}`)
}
