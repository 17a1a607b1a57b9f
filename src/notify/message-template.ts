/**
 * A receiver's own words. Templates are Mustache, which has names and lists and no logic; of it everything is refused that
 * could read a file, change the language, or make a list inside the same list. So a template that is accepted ends soon, and
 * what it makes is bounded by its own length and the length of the message. Every name in it is checked before anything is
 * sent.
 */
import mustache, { type TemplateSpans } from 'mustache'
import { OperatorError } from '../base/errors.ts'
import type { Alert } from '../model/alert.ts'
import type { Message } from '../model/message.ts'
import { alertFacts, headWord, plainHeadline } from './render-text.ts'

export interface MessageTemplate {
  readonly title?: string | undefined
  readonly text?: string | undefined
}

/** What a template can name, with its meaning: the documentation is made of it. */
export const messageFields = {
  title: 'the line that would stand there without a template',
  head: 'what kind of message it is: WARNING, MORE CRITICAL, STILL WARNING, RESOLVED, CLOSED, ...',
  severity: 'info, warning or critical: the highest of what fires',
  reason: 'why it comes now: first, newAlerts, changed, someResolved, resolved, repeat, digest or test',
  at: 'when it was made, RFC 3339',
  clusterName: 'the name of the cluster, where the operator was told one',
  firingCount: 'how many alerts fire, as far as this message knows',
  endedCount: 'how many are over since the last message',
  reminder: 'which reminder it is, counted from 1; nothing where it is none',
} as const

export const messageLists = {
  alerts: 'all alerts of the message, those that fire first',
  firing: 'alerts that fire',
  ended: 'alerts that are over',
} as const

export const alertFields = {
  title: 'the one line of the alert',
  severity: 'info, warning or critical',
  state: 'firing, resolved or closed',
  rule: "the rule's name",
  policy: "the policy's name",
  policyNamespace: "the policy's namespace",
  kind: 'the kind of the object it is about, such as Node',
  namespace: 'the namespace of that object',
  name: 'the name of that object',
  since: 'when it began, RFC 3339',
  runbookURL: 'what to do about it',
} as const

export const alertLists = { lines: 'the facts below the title; {{.}} is the line' } as const

const longestTitle = 1_024
const longestText = 64 * 1_024

/** Gives a message the words of the template. Throws INVALID_SPEC naming field, line and mistake. */
export function compileTemplate({ title, text }: MessageTemplate): (message: Message) => Message {
  const titleOf = title === undefined ? undefined : compile('spec.template.title', title)
  const textOf = text === undefined ? undefined : compile('spec.template.text', text)
  return (message) => {
    if (message.reason === 'heartbeat') return message
    const view = viewOf(message)
    const ownTitle = titleOf?.(view).replaceAll(/\s+/g, ' ').trim().slice(0, longestTitle)
    const ownText = textOf?.(view).trim().slice(0, longestText)
    // A template that says nothing of this message leaves it as it is.
    return { ...message, ...(ownTitle && { title: ownTitle }), ...(ownText && { text: ownText }) }
  }
}

type View = Readonly<Record<string, unknown>>

function compile(field: string, source: string): (view: View) => string {
  const writer = new mustache.Writer()
  checkTokens(parse(writer, field, source), messageScope, { field, source })
  return (view) => writer.render(source, view, undefined, { escape: String })
}

function parse(writer: InstanceType<typeof mustache.Writer>, field: string, source: string): TemplateSpans {
  try {
    return writer.parse(source)
  } catch (error) {
    const [, what = String(error), at = '0'] = /^(.*) at (\d+)$/.exec((error as Error).message) ?? []
    throw mistake({ field, source }, Number(at), what)
  }
}

interface Scope {
  readonly fields: readonly string[]
  /** Lists that can be gone through here, and what can be named within. */
  readonly lists: Readonly<Record<string, Scope>>
  /** Whether `.` and `labels` mean something. */
  readonly hasItem: boolean
}

const lineScope: Scope = {
  fields: [...Object.keys(messageFields), ...Object.keys(alertFields)],
  lists: {},
  hasItem: true,
}
const alertScope: Scope = { ...lineScope, lists: { lines: lineScope }, hasItem: false }
const messageScope: Scope = {
  fields: Object.keys(messageFields),
  lists: Object.fromEntries(Object.keys(messageLists).map((name) => [name, alertScope])),
  hasItem: false,
}

interface Source {
  readonly field: string
  readonly source: string
}

function checkTokens(tokens: TemplateSpans, scope: Scope, source: Source): void {
  for (const token of tokens) if (token[0] !== 'text' && token[0] !== '!') checkTag(token, scope, source)
}

function checkTag(token: TemplateSpans[number], scope: Scope, source: Source): void {
  const [type, name, at, , inner] = token
  if (type === '>' || type === '=') throw mistake(source, at, `{{${type} ...}} is not allowed`)
  const isSection = type === '#' || type === '^'
  const list = isSection && Object.hasOwn(scope.lists, name) ? scope.lists[name] : undefined
  if (list === undefined && !isKnown(name, scope)) throw mistake(source, at, unknownName(name, scope))
  const innerScope = type === '#' ? (list ?? { ...scope, hasItem: true }) : scope
  if (isSection) checkTokens(inner as TemplateSpans, innerScope, source)
}

const labelField = /^labels\.[a-zA-Z_][a-zA-Z0-9_]{0,62}$/

function isKnown(name: string, { fields, hasItem }: Scope): boolean {
  return fields.includes(name) || labelField.test(name) || (name === '.' && hasItem)
}

function unknownName(name: string, { fields, lists }: Scope): string {
  const known = [...fields, 'labels.NAME', ...Object.keys(lists).map((list) => `#${list}`)].join(', ')
  const isElsewhere = [messageLists, alertLists, alertFields].some((names) => Object.hasOwn(names, name))
  return `${name} ${isElsewhere ? 'means nothing at this place' : 'is not known'}; here you can name ${known}`
}

function mistake({ field, source }: Source, at: number, what: string): OperatorError {
  const line = source.slice(0, at).split('\n').length
  return new OperatorError('INVALID_SPEC', `${field}, line ${line}: ${what}`)
}

function viewOf(message: Message): View {
  const { severity, reason, at, clusterName, counts, reminder, labels, firing, ended } = message
  const own: Record<keyof typeof messageFields, unknown> = {
    ...{ severity, reason, at, clusterName, title: plainHeadline(message), head: headWord(message) },
    ...{ firingCount: counts.firing, endedCount: counts.ended, reminder: reminder?.number },
  }
  const lists: Record<keyof typeof messageLists, unknown> = {
    firing: firing.map(alertView),
    ended: ended.map(alertView),
    alerts: [...firing, ...ended].map(alertView),
  }
  return { ...own, ...lists, labels: withoutPrototype(labels) }
}

function alertView(alert: Alert): View {
  const { title, severity, state, rule, policy, object, since, runbookURL, labels } = alert
  const own: Record<keyof typeof alertFields, unknown> = {
    ...{ title, severity, state, rule, since, runbookURL, policy: policy.name, policyNamespace: policy.namespace },
    ...{ kind: object.kind, namespace: object.namespace, name: object.name },
  }
  return { ...own, lines: alertFacts(alert), labels: withoutPrototype(labels) }
}

/** So that `labels.constructor` is a label like any other. */
function withoutPrototype(labels: Readonly<Record<string, string>>): View {
  return Object.assign(Object.create(null), labels)
}
