/** Changes one CrashAlertRoute: reads it, makes the edit, writes it at that version, and begins anew where somebody wrote between. */
import { type CrashAlertRoute, crashAlertRoute } from '../../api/crash-alert-route.ts'
import { parseManifest } from '../../api/manifest.ts'
import { hasCode } from '../../base/errors.ts'
import type { KubeObject } from '../../kube/resource.ts'
import { mergeObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import { manifestNote } from '../objects/manifest-note.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import { editText } from '../routes/edit-text.ts'
import type { RouteEdit } from '../routes/edits.ts'
import { findRouteName, type NamespacePlace, readRoute } from '../routes/find-route.ts'
import { refusalOf } from '../routes/route-standing.ts'
import { withCluster } from '../sources/connect.ts'
import { explained, fieldManager, resourceTypeOf } from '../sources/custom-resources.ts'

export interface EditRouteOptions extends ClusterOptions, NamespaceOptions {
  /** Absent: the only one of the namespace. */
  readonly route?: string
  readonly dryRun?: boolean
}

/** Made anew for each version that is read. */
export type MakeEdit = (route: CrashAlertRoute, place: NamespacePlace) => RouteEdit | Promise<RouteEdit>

/** So often somebody else may write first. */
const maxTries = 10

export async function editRoute(
  makeEdit: MakeEdit,
  { options, context }: { options: EditRouteOptions; context: Context },
): Promise<void> {
  await withCluster(options, context, async (client, signal, contextNamespace) => {
    const place = { client, signal, namespace: options.namespace ?? contextNamespace }
    const name = await findRouteName(place, options.route)
    context.stdout.write(await editUntilWritten(name, makeEdit, { place, isDryRun: options.dryRun === true }))
  })
}

interface Attempt {
  readonly place: NamespacePlace
  readonly isDryRun: boolean
}

async function editUntilWritten(name: string, makeEdit: MakeEdit, { place, isDryRun }: Attempt): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const route = await readRoute(place, name)
    const edit = await makeEdit(route, place)
    try {
      if (edit.patch !== undefined) await write(route, edit.patch, { place, isDryRun })
      return textOf(route, edit, isDryRun)
    } catch (cause) {
      if (!hasCode(cause, 'API_CONFLICT') || tries === maxTries) throw cause
    }
  }
}

async function write(route: CrashAlertRoute, patch: object, { place, isDryRun }: Attempt): Promise<void> {
  const { namespace, name, resourceVersion } = route.metadata
  checkSpec(route, patch)
  const at = { type: resourceTypeOf(crashAlertRoute), namespace, name }
  const change = { patch: { metadata: { resourceVersion }, spec: patch }, fieldManager, isDryRun }
  await mergeObject(place.client, at, change, place.signal).catch((cause: unknown) => {
    throw explained(cause, crashAlertRoute, { verb: 'patch', namespace, name })
  })
}

/** In words before the API server says it in its own. Throws INVALID_SPEC. */
function checkSpec({ apiVersion, metadata, spec }: CrashAlertRoute, patch: object): void {
  const merged = Object.entries({ ...spec, ...patch }).filter(([, value]) => value !== null)
  parseManifest({ apiVersion, kind: crashAlertRoute.kind, metadata, spec: Object.fromEntries(merged) })
}

function textOf(route: CrashAlertRoute, edit: RouteEdit, isDryRun: boolean): string {
  const text = editText({ route: route.metadata, edit, isDryRun, refusal: refusalOf(route) })
  const isWritten = edit.change !== undefined && !isDryRun
  return isWritten ? text + manifestNote(route as unknown as KubeObject, `spec.${edit.change.list}`) : text
}
