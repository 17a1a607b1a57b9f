/** The one CrashAlertRoute that an edit is about. */
import { type CrashAlertRoute, crashAlertRoute } from '../../api/crash-alert-route.ts'
import { OperatorError } from '../../base/errors.ts'
import { getObject } from '../../kube/writer.ts'
import { explained, listKind, type Place, resourceTypeOf } from '../sources/custom-resources.ts'

/** A place that is one namespace. */
export type NamespacePlace = Place & { readonly namespace: string }

/** Named, or the only one of the namespace. Throws INVALID_INPUT where it cannot be told. */
export async function findRouteName(place: NamespacePlace, named: string | undefined): Promise<string> {
  if (named !== undefined) return named
  const routes = await listKind<CrashAlertRoute>(crashAlertRoute, place)
  const [first] = routes
  if (first !== undefined && routes.length === 1) return first.metadata.name
  const { namespace } = place
  const what =
    first === undefined
      ? `there is no CrashAlertRoute in namespace ${namespace}: name another with -n, or write one (docs/crashes.md)`
      : `there are several CrashAlertRoutes in namespace ${namespace}: say which with --route ${routes.map(({ metadata }) => metadata.name).join(' or --route ')}`
  throw new OperatorError('INVALID_INPUT', what)
}

export async function readRoute({ client, signal, namespace }: NamespacePlace, name: string): Promise<CrashAlertRoute> {
  try {
    const at = { type: resourceTypeOf(crashAlertRoute), namespace, name }
    return (await getObject(client, at, signal)) as unknown as CrashAlertRoute
  } catch (cause) {
    throw explained(cause, crashAlertRoute, { verb: 'get', namespace, name })
  }
}
