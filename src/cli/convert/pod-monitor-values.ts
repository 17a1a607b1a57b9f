/** Values of kubernetes-pod-monitor, as a resource can have them. */
import type { YamlSetting, YamlSettings } from './yaml-settings.ts'

export const defaultChannel = 'pod-crash-alerts'

/** As Go reads it from a file, and from a variable. */
export function isTrue(setting: YamlSetting | undefined): boolean {
  const value = setting?.value.trim().toLowerCase() ?? ''
  return ['1', 't', 'true'].includes(value) || (setting?.variable === undefined && ['y', 'yes', 'on'].includes(value))
}

/** Undefined where no message could carry it. */
export function dashboardUrl(value: string | undefined): string | undefined {
  const url = value?.trim() ?? ''
  return /^https?:\/\/[^\s]+$/.test(url) && url.length <= 2_048 ? url : undefined
}

/** A channel as `#name` or id; undefined where it is neither, such as a person. */
export function slackChannelOf(value: string): string | undefined {
  const text = value.trim()
  if (/^[CGD][A-Z0-9]{8,20}$/.test(text)) return text
  const name = text.startsWith('#') ? text : `#${text}`
  return /^#[^\s#@<>,"']{1,79}$/.test(name) ? name : undefined
}

const leastBytes = 1_024
const mostBytes = 1_024 * 1_024
const defaultBytes = 1_000_000

/** Within what a route can have; undefined where it is no number. */
export function logBytes(value: string | undefined): number | undefined {
  const bytes = value === undefined ? defaultBytes : wholeNumber(value)
  return bytes === undefined ? undefined : Math.min(mostBytes, Math.max(leastBytes, bytes))
}

export function wholeNumber(value: string): number | undefined {
  return /^\d{1,12}$/.test(value.trim()) ? Number(value) : undefined
}

/** In double quotes, with no character that ends a line or that a terminal obeys. */
export function asciiJson(text: string): string {
  const codeOf = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(text).replaceAll(/[^\u0020-\u007e]/g, codeOf)
}

/** Undefined where there is none, or none that can be shown: one with credentials is not. */
export function elasticsearchUrl(settings: YamlSettings): string | undefined {
  const of = (key: string, standard: string) => settings.find(`elasticsearch.${key}`)?.value.trim() || standard
  const written = of('url', '')
  if (written === '') return undefined
  const text = /^[a-z]+:\/\//i.test(written) ? written : `${of('scheme', 'https')}://${written}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isUsable = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.username + url.password === ''
  if (!isUsable) return undefined
  if (!/^[a-z]+:\/\/[^/]*:\d+(\/|$)/i.test(text)) url.port = of('port', '443')
  return `${url.origin}${url.pathname.replace(/\/$/, '')}`
}

/** Undefined where no index can have it. */
export function indexPrefix(value: string): string | undefined {
  return /^[a-z0-9][a-z0-9._-]{0,99}$/.test(value) ? value : undefined
}
