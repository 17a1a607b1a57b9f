/** What is different in two pod templates, in words; values of environment variables and arguments are told of nobody. */
import type { TemplateContainer, TemplateObject } from './template-object.ts'

/** The most important first; empty where they are the same. */
export function templateDifference(before: TemplateObject, after: TemplateObject): string[] {
  return [
    ...containerDifferences(containersOf(before), containersOf(after)),
    ...fieldDifferences(
      restOf(before.spec, ['containers', 'initContainers']),
      restOf(after.spec, ['containers', 'initContainers']),
    ),
    ...namesOf('annotation', changedKeys(before.metadata?.annotations ?? {}, after.metadata?.annotations ?? {})),
  ]
}

function containersOf({ spec }: TemplateObject): ReadonlyMap<string, TemplateContainer> {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  return new Map(all.map((container) => [container.name, container]))
}

type Containers = ReadonlyMap<string, TemplateContainer>

function containerDifferences(before: Containers, after: Containers): string[] {
  const added = [...after.keys()].filter((name) => !before.has(name)).map((name) => `container ${name} is new`)
  const removed = [...before.keys()].filter((name) => !after.has(name)).map((name) => `container ${name} is no more`)
  const changed = [...after.values()].flatMap((container) => {
    const old = before.get(container.name)
    return old === undefined
      ? []
      : differencesOf(old, container).map((words) => (after.size > 1 ? `${container.name}: ${words}` : words))
  })
  return [...changed, ...added, ...removed]
}

const toldByName = ['name', 'image', 'command', 'args', 'env', 'resources']

function differencesOf(before: TemplateContainer, after: TemplateContainer): string[] {
  return [
    ...(before.image === after.image ? [] : [`image ${before.image ?? 'none'} -> ${after.image ?? 'none'}`]),
    ...(isSame([before.command, before.args], [after.command, after.args]) ? [] : ['command']),
    ...resourceDifferences(before, after),
    ...namesOf('env', changedKeys(environmentOf(before), environmentOf(after))),
    ...fieldDifferences(restOf(before, toldByName), restOf(after, toldByName)),
  ]
}

function resourceDifferences(before: TemplateContainer, after: TemplateContainer): string[] {
  return (['limits', 'requests'] as const).flatMap((kind) => {
    const [old, now] = [before.resources?.[kind] ?? {}, after.resources?.[kind] ?? {}]
    const word = kind.slice(0, -1)
    return changedKeys(old, now).map((name) => `${name} ${word} ${old[name] ?? 'none'} -> ${now[name] ?? 'none'}`)
  })
}

function environmentOf({ env }: TemplateContainer): Readonly<Record<string, unknown>> {
  return Object.fromEntries((env ?? []).map((variable) => [variable.name, variable]))
}

function fieldDifferences(before: object, after: object): string[] {
  return changedKeys(before as Readonly<Record<string, unknown>>, after as Readonly<Record<string, unknown>>)
}

function restOf(object: object | undefined, without: readonly string[]): object {
  return Object.fromEntries(Object.entries(object ?? {}).filter(([name]) => !without.includes(name)))
}

function changedKeys(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => !isSame(before[name], after[name])).sort()
}

/** Both come from the API server, which writes the fields of a type in one order. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

const mostNames = 8

function namesOf(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : ''
  return [`${what} ${names.slice(0, mostNames).join(', ')}${more}`]
}
