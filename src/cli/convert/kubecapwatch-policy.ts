/** What is watched, and when it is told. Defaults are those that KubeCapWatch takes where a setting is missing. */
import { formatDuration } from '../../api/duration.ts'
import type { Converted, SettingFate } from './conversion.ts'
import { defaultSection, type IniFile } from './ini-file.ts'

const shortestIntervalS = 5
const longestIntervalS = 3_600
const longestReminderS = 168 * 3_600
/** The most that a policy can ask for. */
const endless = 10_000

/** `spec` of a CapacityPolicy without receivers. What is no number becomes a problem. */
export function convertPolicy(file: IniFile, problems: string[]): Converted<object> {
  const settings = new Settings(file, problems)
  const interval = convertInterval(settings)
  const reminder = convertReminder(settings, interval)
  const namespaces = convertNamespaces(settings)
  const rules = convertRules(settings)
  settings.drop('policies', 'KubeCapWatch never read it')
  const value = { ...namespaces, interval: formatDuration(interval.seconds * 1_000), rules, reminder }
  return { value, settings: settings.fates }
}

/** Reads settings of [DEFAULT] and keeps what became of each. */
class Settings {
  readonly fates: SettingFate[] = []
  readonly #file: IniFile
  readonly #problems: string[]

  constructor(file: IniFile, problems: string[]) {
    this.#file = file
    this.#problems = problems
  }

  text(key: string): string | undefined {
    return this.#file.find(defaultSection, key)?.value.trim()
  }

  wholeNumber(key: string, standard: number): number {
    const found = this.#file.find(defaultSection, key)
    if (found === undefined) return standard
    if (/^[+-]?\d{1,9}$/.test(found.value.trim())) return Number(found.value)
    this.refuse(key, 'it has to be a whole number; KubeCapWatch does not start with this')
    return standard
  }

  /** Nothing can be made of it. */
  refuse(key: string, text: string): void {
    const line = this.#file.find(defaultSection, key)?.line
    this.#problems.push(`line ${line}: ${key}: ${text}`)
  }

  convert(key: string, text: string, difference?: string): void {
    const told = difference === undefined ? {} : { difference }
    this.#keep({ section: defaultSection, key, fate: 'converted', text, ...told })
  }

  drop(key: string, text: string): void {
    this.#keep({ section: defaultSection, key, fate: 'dropped', text })
  }

  #keep(fate: SettingFate): void {
    if (this.text(fate.key) !== undefined) this.fates.push(fate)
  }
}

interface Interval {
  readonly seconds: number
  /** As it was, which a policy may not be able to have. */
  readonly writtenSeconds: number
}

function convertInterval(settings: Settings): Interval {
  const written = settings.wholeNumber('interval', 5)
  const seconds = within(written, shortestIntervalS, longestIntervalS)
  const moved = seconds === written ? undefined : `${seconds} s, the nearest that a policy can have`
  settings.convert('interval', 'spec.interval; a change is also judged at once', moved)
  return { seconds, writtenSeconds: written }
}

/** KubeCapWatch counts scans: a reminder comes with each `reminder_count`th. */
function convertReminder(settings: Settings, interval: Interval): object {
  const scans = Math.max(1, settings.wholeNumber('reminder_count', 5))
  const writtenS = scans * interval.writtenSeconds
  const everyS = within(writtenS, interval.seconds, longestReminderS)
  const every = formatDuration(everyS * 1_000)
  const moved = everyS === writtenS ? '' : `${every} is the nearest that a policy can have; `
  settings.convert(
    'reminder_count',
    `spec.reminder.every: ${every}`,
    `${moved}KubeCapWatch reminds without end, a policy at most ${endless} times (spec.reminder.max)`,
  )
  return { every, max: endless }
}

function convertNamespaces(settings: Settings): object {
  const written = settings.text('namespace')
  if (written === undefined) return {}
  const names = [...new Set(listOf(written))]
  if (names.length === 0) {
    settings.convert(
      'namespace',
      'no spec.namespaces: pods of all namespaces',
      'KubeCapWatch then told of no pod at all',
    )
    return {}
  }
  const possible = names.filter((name) => namespaceName.test(name))
  if (possible.length === 0) settings.refuse('namespace', 'no namespace can have one of these names')
  const isImpossible = possible.length < names.length
  const differences = [
    ...(isImpossible ? [`${names.length - possible.length} left out, because no namespace can have such a name`] : []),
    ...(/,\s|\s,|\n/.test(written)
      ? ['KubeCapWatch never found names with a blank or a line break beside the comma']
      : []),
  ]
  settings.convert(
    'namespace',
    'spec.namespaces.names, for pods; nodes are watched whole, as before',
    differences.length === 0 ? undefined : differences.join('; '),
  )
  return { namespaces: { names: possible } }
}

const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

const resources = { cpu: 'cpu', memory: 'mem' } as const
const measures = { Requests: 'request', Limits: 'limit' } as const
type ResourceName = keyof typeof resources
type MeasureName = keyof typeof measures

function convertRules(settings: Settings): object[] {
  const scopes = convertScope(settings)
  const shown = convertReportType(settings)
  const each = (Object.keys(resources) as ResourceName[]).flatMap((resource) =>
    (Object.keys(measures) as MeasureName[]).map((measure) => ({ resource, measure })),
  )
  const thresholds = each.map((number) => ({ ...number, above: convertThreshold(settings, number, shown) }))
  return scopes.flatMap((scope) =>
    thresholds
      .filter(({ resource }) => shown.includes(resource))
      .map(({ resource, measure, above }) => ({
        name: `${scope}-${resource}-${measure}`.toLowerCase(),
        ...{ scope, resource, measure, above },
      })),
  )
}

function convertScope(settings: Settings): string[] {
  const written = settings.text('scope') ?? 'all'
  const text = 'rules with scope Node and Pod'
  if (written === 'all') settings.convert('scope', text)
  else if (written === 'pod') {
    settings.convert(
      'scope',
      'rules with scope Pod',
      'KubeCapWatch told of nodes all the same: say scope = all for that',
    )
    return ['Pod']
  } else if (written === 'node') {
    settings.convert('scope', 'rules with scope Node', 'KubeCapWatch failed at every scan with it')
    return ['Node']
  } else settings.convert('scope', text, 'its value is none of all, pod, node, and is taken for all')
  return ['Node', 'Pod']
}

function convertReportType(settings: Settings): ResourceName[] {
  const written = settings.text('report_type') ?? 'all'
  if (written === 'cpu' || written === 'memory') {
    settings.convert('report_type', `rules with resource ${written}`)
    return [written]
  }
  const isKnown = written === 'all'
  settings.convert(
    'report_type',
    'rules with resource cpu and memory',
    isKnown
      ? undefined
      : 'its value is none of all, cpu, memory, with which KubeCapWatch told nothing; it is taken for all',
  )
  return ['cpu', 'memory']
}

function convertThreshold(
  settings: Settings,
  { resource, measure }: { resource: ResourceName; measure: MeasureName },
  shown: readonly ResourceName[],
): number {
  const key = `${resources[resource]}_${measures[measure]}_threshold`
  const written = settings.wholeNumber(key, 90)
  const above = within(written, 1, 10_000)
  if (!shown.includes(resource)) settings.drop(key, 'report_type leaves this resource out')
  else {
    const moved = above === written ? undefined : `${above} %, the nearest that a rule can have`
    settings.convert(key, `above of the rules for ${measure} of ${resource}`, moved)
  }
  return above
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

/** Entries of a list, without blanks around them. */
export function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
