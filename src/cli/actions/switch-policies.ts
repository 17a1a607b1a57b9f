import type { Kind } from '../../api/kind.ts'
import { policyKinds } from '../../api/kinds.ts'
import { hasCode, OperatorError } from '../../base/errors.ts'
import type { KubeObject } from '../../kube/resource.ts'
import { getObject, mergeObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import { manifestNote } from '../objects/manifest-note.ts'
import type { PolicyObject } from '../objects/policy-object.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import { withCluster } from '../sources/connect.ts'
import { explained, fieldManager, type Place, resourceTypeOf } from '../sources/custom-resources.ts'

export interface SwitchPoliciesOptions extends ClusterOptions, NamespaceOptions {}

/** Sets `spec.suspend` of each. The first that fails ends it, and what was done before is told. */
export async function switchPolicies(
  names: readonly string[],
  isSuspended: boolean,
  { options, context }: { options: SwitchPoliciesOptions; context: Context },
): Promise<void> {
  await withCluster(options, context, async (client, signal, contextNamespace) => {
    const place = { client, signal, namespace: options.namespace ?? contextNamespace }
    for (const name of names) context.stdout.write(await switchPolicy(name, isSuspended, place))
  })
}

async function switchPolicy(written: string, isSuspended: boolean, place: Place): Promise<string> {
  const { kind, object } = await findPolicy(written, place)
  const { namespace, name } = object.metadata
  const title = `${kind.kind} ${namespace}/${name}`
  const { spec } = object as unknown as PolicyObject
  if ((spec.suspend === true) === isSuspended)
    return `${title} ${isSuspended ? 'is suspended' : 'is at work'} already.\n`
  const at = { type: resourceTypeOf(kind), namespace: namespace ?? '', name }
  const change = { patch: { spec: { suspend: isSuspended } }, fieldManager }
  await mergeObject(place.client, at, change, place.signal).catch((cause: unknown) => {
    throw explained(cause, kind, { verb: 'patch', namespace, name })
  })
  const effect = isSuspended ? 'is suspended: nothing is judged or told until it is resumed' : 'is at work again'
  return `${title} ${effect}.\n${manifestNote(object, 'spec.suspend')}`
}

interface FoundPolicy {
  readonly kind: Kind
  readonly object: KubeObject
}

/** `NAME`, or `KIND/NAME` where policies of several kinds have the name. */
async function findPolicy(written: string, place: Place): Promise<FoundPolicy> {
  const [word, rest] = written.split('/') as [string, string | undefined]
  const name = rest ?? word
  const kinds = rest === undefined ? policyKinds : policyKinds.filter((kind) => isCalled(kind, word))
  if (kinds.length === 0) {
    const known = policyKinds.map(({ singular }) => singular).join(', ')
    throw new OperatorError('INVALID_OPTION', `"${word}" is no kind of policy: write NAME, or KIND/NAME with ${known}`)
  }
  const found = (await Promise.all(kinds.map((kind) => lookUp(kind, name, place)))).filter((one) => one !== undefined)
  if (found.length === 1) return found[0]!
  const { namespace } = place
  if (found.length === 0) {
    const message = `there is no policy ${namespace}/${name}: \`policies list -A\` shows all there are`
    throw new OperatorError('INVALID_INPUT', message)
  }
  const ways = found.map(({ kind }) => `${kind.singular}/${name}`).join(' or ')
  throw new OperatorError('INVALID_INPUT', `several policies in ${namespace} are called ${name}: write ${ways}`)
}

function isCalled({ kind, singular, plural, shortNames }: Kind, word: string): boolean {
  return [kind, singular, plural, ...shortNames].some((name) => name.toLowerCase() === word.toLowerCase())
}

async function lookUp(kind: Kind, name: string, place: Place): Promise<FoundPolicy | undefined> {
  const { client, signal, namespace } = place
  try {
    return { kind, object: await getObject(client, { type: resourceTypeOf(kind), namespace, name }, signal) }
  } catch (cause) {
    const told = explained(cause, kind, { verb: 'get', namespace, name })
    if (hasCode(told, 'API_NOT_FOUND') && told.message.startsWith('there is no')) return undefined
    throw told
  }
}
