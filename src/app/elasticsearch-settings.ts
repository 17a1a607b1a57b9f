/** From the operator's options to the crash history in Elasticsearch. */
import { OperatorError } from '../base/errors.ts'
import { type ElasticsearchSettings, readAuth, readAuthorities } from '../store/elasticsearch/connection-settings.ts'
import type { OperatorOptions } from './options.ts'

/** Throws INVALID_OPTION where the options do not fit together, or a file of theirs cannot be read. */
export function elasticsearchSettings(options: OperatorOptions): ElasticsearchSettings {
  const { elasticsearchUrl: urls, elasticsearchIndexPrefix: indexPrefix } = options
  if (urls === undefined)
    throw invalid('--crash-history: "elasticsearch" needs to know where it is: add --elasticsearch-url')
  requireOneKind(options)
  const settings = {
    ...{ urls, indexPrefix },
    ...given('cluster', options.clusterName),
    ...given('user', options.elasticsearchUser),
    ...given('passwordFile', options.elasticsearchPasswordFile),
    ...given('apiKeyFile', options.elasticsearchApiKeyFile),
    ...given('caFile', options.elasticsearchCaFile),
  }
  readAuth(settings)
  readAuthorities(settings)
  return settings
}

function requireOneKind(options: OperatorOptions): void {
  const { elasticsearchUser: user, elasticsearchPasswordFile: password, elasticsearchApiKeyFile: key } = options
  if ((user === undefined) !== (password === undefined))
    throw invalid('--elasticsearch-user and --elasticsearch-password-file belong together: give both, or none')
  if (user !== undefined && key !== undefined)
    throw invalid('--elasticsearch-api-key-file: there is a user too: give one of the two')
}

function given<Name extends string>(name: Name, value: string | undefined): { [N in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: string }
}

function invalid(message: string): OperatorError {
  return new OperatorError('INVALID_OPTION', message)
}
