/**
 * What each new daily index is made from. The version goes up with every change, and only fields are ever added: indices that
 * are there get them too, so that one question can be asked of all.
 */
import type { estypes } from '@elastic/elasticsearch'
import { OperatorError } from '../../base/errors.ts'
import { ownIndices } from './day-indices.ts'
import type { ElasticsearchClient } from './elasticsearch-client.ts'
import { everyIndex } from './index-names.ts'

export const templateVersion = 1

/** Terms of more than 32,766 bytes are refused, document and all; such a name is kept, and not found by it. */
const keyword = { type: 'keyword', ignore_above: 8191 } as const
const date = { type: 'date' } as const
const long = { type: 'long' } as const
const text = { type: 'text', norms: false } as const

/** The eight of kubernetes-pod-monitor; there, logs could not be searched. */
const seedFields = {
  namespace: keyword,
  pod_name: keyword,
  container_name: keyword,
  cluster_name: keyword,
  created_at: date,
  restart_count: long,
  logs: text,
  termination_state: text,
} as const satisfies Record<string, estypes.MappingProperty>

const ownFields = {
  id: keyword,
  recorded_by: keyword,
  seen_at: date,
  pod_uid: keyword,
  container_role: keyword,
  container_id: keyword,
  image: keyword,
  workload: keyword,
  workload_kind: keyword,
  workload_name: keyword,
  workload_namespace: keyword,
  workload_uid: keyword,
  node: keyword,
  reason: keyword,
  cause: { ...text, fields: { keyword } },
  exit_code: long,
  signal: long,
  started_at: date,
  finished_at: date,
  crashes: long,
  message: text,
  facts: text,
  missing: text,
  logs_cut: { type: 'boolean' },
  logs_bytes: long,
  words: { ...text, analyzer: 'whitespace' },
} as const satisfies Record<string, estypes.MappingProperty>

const mappings: estypes.MappingTypeMapping = {
  _meta: { dogwatch: templateVersion },
  dynamic: false,
  // What is only searched is not stored a second time.
  _source: { excludes: ['words'] },
  properties: { ...seedFields, ...ownFields },
}

/** Of all templates, once: Elasticsearch refuses two of them where one prefix begins the other. */
const formerPriority = 500

export interface IndexTemplate {
  readonly name: string
  readonly body: estypes.IndicesPutIndexTemplateRequest
}

export function templateOf(prefix: string): IndexTemplate {
  const settings = {
    number_of_shards: 1,
    // A single server needs no copy, and turns green; several have one.
    auto_expand_replicas: '0-1',
    // What is acknowledged is on disk, whatever the cluster's default is.
    'index.translog.durability': 'request',
    refresh_interval: '1s',
  } as estypes.IndicesIndexSettings
  return {
    name: `dogwatch-crash-history-${prefix}`,
    body: {
      name: '',
      index_patterns: [everyIndex(prefix)],
      // A prefix may begin another: the longer one's template holds for its indices, and no two of one length take the same.
      priority: formerPriority + prefix.length,
      version: templateVersion,
      template: { settings, mappings },
    },
  }
}

interface TemplateAnswer {
  readonly index_templates?: readonly { readonly index_template: FoundTemplate }[]
}

interface FoundTemplate {
  readonly version?: number
  readonly index_patterns?: readonly string[]
}

/** Puts it where it is absent or older; then what is there is told of new fields. Throws STORE_NEWER. */
export async function ensureTemplate(client: ElasticsearchClient, prefix: string): Promise<void> {
  const { name, body } = templateOf(prefix)
  const version = (await templateNamed(client, name))?.version ?? 0
  if (version > templateVersion) throw newerError(client.where, version)
  if (version === templateVersion) return
  const { name: _, ...template } = body
  await client.answer({ method: 'PUT', path: `/_index_template/${name}`, body: template })
  await removeFormerTemplate(client, prefix)
  for (const index of await ownIndices(client, prefix)) await addFields(client, index, mappings)
}

/** Its name had not all of the prefix, so that another prefix may have made it. */
async function removeFormerTemplate(client: ElasticsearchClient, prefix: string): Promise<void> {
  const name = `dogwatch-crashes-${prefix.replace(/[^a-z0-9]+$/, '')}`
  const patterns = (await templateNamed(client, name))?.index_patterns ?? []
  if (patterns.join() !== everyIndex(prefix)) return
  await orAbsent(client.answer({ method: 'DELETE', path: `/_index_template/${name}` }))
}

async function templateNamed(client: ElasticsearchClient, name: string): Promise<FoundTemplate | undefined> {
  const query = { filter_path: 'index_templates.index_template.version,index_templates.index_template.index_patterns' }
  const call = { method: 'GET', path: `/_index_template/${name}`, query } as const
  return (await orAbsent(client.answer<TemplateAnswer>(call)))?.index_templates?.[0]?.index_template
}

/**
 * A day's index that another program made first gets our fields, as far as it can take them. It is not marked as ours, so
 * that it is never removed.
 */
export async function prepareIndex(client: ElasticsearchClient, index: string): Promise<void> {
  const query = { filter_path: '*.mappings._meta.dogwatch' }
  const found = await orAbsent(client.answer<object>({ method: 'GET', path: `/${index}/_mapping`, query }))
  if (found === undefined || Object.keys(found).length > 0) return
  try {
    await addFields(client, index, { properties: ownFields })
  } catch (error) {
    // What it cannot take, it refuses document by document.
    if (!hasStatus(error, 400)) throw error
  }
}

function addFields(client: ElasticsearchClient, index: string, body: estypes.MappingTypeMapping): Promise<unknown> {
  const { _meta, properties } = body
  return client.answer({ method: 'PUT', path: `/${index}/_mapping`, body: { ...(_meta ? { _meta } : {}), properties } })
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}

function hasStatus(error: unknown, status: number): boolean {
  return (error as { status?: unknown }).status === status
}

function newerError(where: string, version: number): OperatorError {
  return new OperatorError(
    'STORE_NEWER',
    `the crash history in Elasticsearch at ${where} has version ${version}, this Dogwatch knows ${templateVersion}: run the newer one, or use another --elasticsearch-index-prefix`,
  )
}
