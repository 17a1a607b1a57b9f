/** Whose alerts a caller may see, and what else he may do with them: what he may do with the policy that asked for them. */
import { apiGroup } from '../api/kind.ts'
import { allKinds } from '../api/kinds.ts'
import type { PolicyReference } from '../model/alert.ts'
import { type Access, mayForAny, type Right } from './access.ts'

type Policy = Pick<PolicyReference, 'kind' | 'namespace' | 'name'>

const plurals = new Map(allKinds.map(({ kind, plural }) => [kind as string, plural]))

/** The right on the policy behind an alert. A kind that this version does not know has a name that nobody has rights to. */
export function rightOn({ kind, namespace, name }: Policy, verb: Right['verb']): Right {
  return { verb, group: apiGroup, resource: plurals.get(kind) ?? `unknown-${kind.toLowerCase()}`, namespace, name }
}

export function maySee(access: Access, policy: Policy): Promise<boolean> {
  return mayForAny(access, rightOn(policy, 'get'))
}
