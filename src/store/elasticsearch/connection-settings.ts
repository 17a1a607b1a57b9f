/** From the operator's words to what the requests need. Credentials come from files: no error repeats any of them. */
import { readFileSync } from 'node:fs'
import { errorText, OperatorError } from '../../base/errors.ts'

export interface ElasticsearchSettings {
  /** `https://host:9200`, without credentials; several of one cluster stand in for each other. */
  readonly urls: readonly string[]
  /** Whose password is in `passwordFile`. */
  readonly user?: string
  readonly passwordFile?: string
  /** Holds the key as Elasticsearch gives it, encoded: base64 of `id:key`. */
  readonly apiKeyFile?: string
  /** PEM file of the authorities that the server's certificate may come from; absent: those that Node knows. */
  readonly caFile?: string
  /** The operator's own: of several that share the indices, each sees the crashes of its own cluster alone. */
  readonly cluster?: string
  /** Of the daily indices' names: `<prefix>2026.11.21`. */
  readonly indexPrefix: string
}

export type ElasticsearchAuth = { readonly username: string; readonly password: string } | { readonly apiKey: string }

export const defaultIndexPrefix = 'k8s-crash-monitor-'

/** Throws INVALID_OPTION; the text never repeats the url, which may hold a password by mistake. */
export function parseElasticsearchUrls(text: string): readonly string[] {
  return text.split(',').map((part) => {
    const url = URL.canParse(part.trim()) ? new URL(part.trim()) : undefined
    if (url === undefined || !['http:', 'https:'].includes(url.protocol))
      throw invalid('the url of Elasticsearch cannot be used: write it as https://host:9200, several with commas')
    if (url.username !== '' || url.password !== '')
      throw invalid('the url of Elasticsearch holds credentials: put them into files, and leave them out of the url')
    return `${url.origin}${url.pathname.replace(/\/$/, '')}`
  })
}

/** Throws INVALID_OPTION for what Elasticsearch would refuse as the beginning of a name, or could take for a pattern. */
export function checkIndexPrefix(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]{0,99}$/.test(text))
    throw invalid(
      `"${text}" cannot begin the name of an index; use lower-case letters, digits, and . _ - after the first`,
    )
  return text
}

/** Read anew for each new set of connections, so that credentials can change. Throws INVALID_OPTION. */
export function readAuth({ user, passwordFile, apiKeyFile }: ElasticsearchSettings): ElasticsearchAuth | undefined {
  if (apiKeyFile !== undefined) return { apiKey: readSecret(apiKeyFile) }
  if (passwordFile !== undefined) return { username: user ?? '', password: readSecret(passwordFile) }
  return undefined
}

export function readAuthorities({ caFile }: ElasticsearchSettings): string | undefined {
  return caFile === undefined ? undefined : readText(caFile)
}

function readSecret(file: string): string {
  const text = readText(file).trim()
  if (text === '') throw invalid(`${file} is empty`)
  return text
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw invalid(`a file for Elasticsearch cannot be read: ${errorText(cause)}`)
  }
}

function invalid(message: string): OperatorError {
  return new OperatorError('INVALID_OPTION', message)
}
