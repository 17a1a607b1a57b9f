import { apiGroup, apiVersion } from '../../api/kind.ts'
import { parseManifest } from '../../api/manifest.ts'
import { createdByApi, createdByLabel, type Silence, silence } from '../../api/silence.ts'
import type { KubeClient } from '../../kube/client.ts'
import { createObject, type NewObject } from '../../kube/writer.ts'
import type { Context } from '../context.ts'
import type { ClusterOptions } from '../options/cluster.ts'
import type { NamespaceOptions } from '../options/namespace.ts'
import type { TextFormat } from '../options/output.ts'
import { formatDocument } from '../output/document.ts'
import { localText, type Now, relativeText } from '../output/time.ts'
import { type Matcher, matcherText } from '../silence/matcher-text.ts'
import { silenceRecord } from '../silence/silence-record.ts'
import { type SpanOptions, silenceSpan } from '../silence/silence-span.ts'
import { withCluster } from '../sources/connect.ts'
import { explained, resourceTypeOf } from '../sources/custom-resources.ts'
import { nowOf } from './show-listing.ts'

export interface AddSilenceOptions extends ClusterOptions, NamespaceOptions, SpanOptions {
  readonly comment?: string
  readonly name?: string
  readonly systemNamespace: string
  readonly output: TextFormat
}

export async function addSilence(
  matchers: readonly Matcher[],
  options: AddSilenceOptions,
  context: Context,
): Promise<void> {
  const now = nowOf(context)
  const spec = {
    matchers,
    ...silenceSpan(options, now),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
  }
  await withCluster(options, context, async (client, signal, contextNamespace) => {
    const namespace = options.namespace ?? contextNamespace
    const createdBy = await whoAmI(client, signal)
    const metadata = {
      ...{ name: options.name ?? newName(context), namespace },
      labels: { [createdByLabel]: createdByApi },
    }
    const object: NewObject = {
      ...{ apiVersion: `${apiGroup}/${apiVersion}`, kind: silence.kind, metadata },
      spec: { ...spec, ...(createdBy === undefined ? {} : { createdBy }) },
    }
    parseManifest(object)
    const made = await create(client, object, signal)
    const added = { now: { ...now, nowMs: madeAtMs(made, context) }, options, context }
    const text = options.output === 'text' ? addedText(made, added) : undefined
    context.stdout.write(
      text ?? (await formatDocument(silenceRecord(made, added.now.nowMs), options.output as 'json' | 'yaml')),
    )
  })
}

/** Who asks, in the API server's words; undefined where it does not say. */
async function whoAmI(client: KubeClient, signal: AbortSignal): Promise<string | undefined> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  try {
    const answer = await client.requestJson<SelfSubjectReview>({ method: 'POST', path, body, signal })
    return answer.status?.userInfo?.username?.slice(0, 256)
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

interface SelfSubjectReview {
  readonly status?: { readonly userInfo?: { readonly username?: string } }
}

const nameLetters = 'bcdfghjklmnpqrstvwxz2456789'

/** Short, because it is typed to end the silence. */
function newName({ clock }: Context): string {
  const letters = Array.from({ length: 6 }, () => nameLetters[Math.floor(clock.random() * nameLetters.length)])
  return `silence-${letters.join('')}`
}

async function create(client: KubeClient, object: NewObject, signal: AbortSignal): Promise<Silence> {
  try {
    return (await createObject(client, resourceTypeOf(silence), object, signal)) as unknown as Silence
  } catch (cause) {
    throw explained(cause, silence, { verb: 'create', namespace: object.metadata.namespace })
  }
}

/** Now, and not before the moment at which the API server says that it was made: what begins at once has begun. */
function madeAtMs({ metadata }: Silence, context: Context): number {
  return Math.max(nowOf(context).nowMs, Date.parse(metadata?.creationTimestamp ?? '') || 0)
}

interface Added {
  readonly now: Now
  readonly options: AddSilenceOptions
  readonly context: Context
}

function addedText(made: Silence, { now, options, context }: Added): string {
  const { name, namespace, matchers, startsAt, endsAt, state } = silenceRecord(made, now.nowMs)
  const time = (at: string) => `${localText(Date.parse(at), now)} (${relativeText(Date.parse(at), now.nowMs)})`
  const span = `${state === 'Pending' ? `from ${time(startsAt)} ` : ''}until ${time(endsAt)}`
  return [
    `Silence ${namespace}/${name}: alerts with ${matchers.join(' and ')} are not told ${span}.`,
    ...scopeNotes(made, options.systemNamespace),
    `What it mutes: ${context.programName} silence list -n ${namespace}`,
    `To end it sooner: ${context.programName} silence expire ${name} -n ${namespace}`,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function scopeNotes({ metadata: { namespace }, spec: { matchers } }: Silence, systemNamespace: string): string[] {
  if (namespace === systemNamespace) return []
  const other = matchers.find(({ name, value, regex }) => name === 'namespace' && !regex && value !== namespace)
  if (other === undefined) return [`It counts for alerts about namespace ${namespace} alone.`]
  return [
    `It will mute nothing: here in namespace ${namespace} a silence counts for alerts about ${namespace} alone, and ${matcherText(other)} is another. Make it with -n ${other.value}, or with -n ${systemNamespace}.`,
  ]
}
