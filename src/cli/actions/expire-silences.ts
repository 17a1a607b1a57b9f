import { type Silence, silence } from '../../api/silence.ts'
import { getObject, mergeObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import { relativeText } from '../output/time.ts'
import { type SilenceRecord, silenceRecord } from '../silence/silence-record.ts'
import { withCluster } from '../sources/connect.ts'
import { explained, fieldManager, type Place, resourceTypeOf } from '../sources/custom-resources.ts'

export interface ExpireSilencesOptions extends ClusterOptions, NamespaceOptions {}

/** One after the other; the first that fails ends it, and what was done before is told. */
export async function expireSilences(
  names: readonly string[],
  options: ExpireSilencesOptions,
  context: Context,
): Promise<void> {
  await withCluster(options, context, async (client, signal, contextNamespace) => {
    const place = { client, signal, namespace: options.namespace ?? contextNamespace }
    for (const name of names) context.stdout.write(await expireSilence(name, place, context.clock.nowMs()))
  })
}

async function expireSilence(name: string, place: Place, nowMs: number): Promise<string> {
  const { client, signal, namespace } = place
  const at = { type: resourceTypeOf(silence), namespace, name }
  const attempt = (verb: 'get' | 'patch') => (cause: unknown) => {
    throw explained(cause, silence, { verb, namespace, name })
  }
  const known = (await getObject(client, at, signal).catch(attempt('get'))) as unknown as Silence
  const record = silenceRecord(known, nowMs)
  const title = `Silence ${record.namespace}/${record.name}`
  if (record.state === 'Expired')
    return `${title} was over already, ${relativeText(Date.parse(record.endsAt), nowMs)}.\n`
  const change = { patch: { spec: endedSpec(record, nowMs) }, fieldManager }
  await mergeObject(client, at, change, signal).catch(attempt('patch'))
  return `${title} is over: what it kept quiet and still fires is told now.\n${sourceNote(record)}`
}

/** A silence that has yet to begin loses its beginning, because no end may come before it. */
function endedSpec({ startsAt }: SilenceRecord, nowMs: number): object {
  const startMs = Date.parse(startsAt)
  const end = { endsAt: new Date(nowMs).toISOString(), duration: null }
  return startMs < nowMs ? end : { ...end, startsAt: null }
}

function sourceNote({ isFromApi }: SilenceRecord): string {
  return isFromApi ? '' : 'It was applied from a manifest: end it there too, or the next apply brings it back.\n'
}
