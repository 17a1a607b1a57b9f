/** The link of `dashboardURL`, with the crash that it is about filled in. */

/** What the placeholders stand for; absent: nothing. */
export interface DashboardValues {
  readonly cluster?: string | undefined
  readonly namespace: string
  readonly workload: string
  readonly pod?: string | undefined
  readonly container?: string | undefined
  readonly reason: string
  readonly node?: string | undefined
  readonly id: string
}

/** As they are written in the template. */
export const placeholderNames = [
  'cluster',
  'namespace',
  'workload',
  'pod',
  'container',
  'reason',
  'node',
  'id',
] as const satisfies readonly (keyof DashboardValues)[]

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Every value is encoded, also the signs that Kibana's links are made of, so that none of them can change where it leads. */
export function dashboardLink(template: string, values: DashboardValues): string {
  return template.replace(placeholder, (whole, name: string) => {
    const known = placeholderNames.find((one) => one === name)
    return known === undefined ? whole : encode(values[known] ?? '')
  })
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** Placeholders that stand for nothing, as they are written; a mistake of whoever wrote the template. */
export function unknownPlaceholders(template: string): string[] {
  const found = [...template.matchAll(placeholder)].map(([whole, name = '']) => ({ whole, name }))
  return found.filter(({ name }) => !(placeholderNames as readonly string[]).includes(name)).map(({ whole }) => whole)
}
