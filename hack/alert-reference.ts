/** The reference page of what an alert carries: labels to match on, and what a template can name. */
import { alertLabels } from '../src/model/alert-labels.ts'
import { alertFields, alertLists, messageFields, messageLists } from '../src/notify/message-template.ts'

export function renderAlertReference(): string {
  return `${parts.join('\n\n')}\n`
}

const parts = [
  '# Alerts',
  'What every alert carries: the labels that silences, filters and Alertmanager match on, and the names that a template can use.',
  '## Labels',
  `The labels of the policy (\`spec.labels\`) come with them; no policy can set one of these. A label that an alert does not have is as good as empty.`,
  table('Label', alertLabels),
  '## Silences',
  `A Silence outside of the operator's own namespace mutes alerts about its own namespace alone, whatever its matchers say. \`value\` has to equal the label; with \`regex: true\` it is an [RE2](https://github.com/google/re2/wiki/Syntax) pattern for the whole of it. All matchers of a silence have to match. What still fires when it ends is told then; what was told before it began is told as over, silenced or not.`,
  '## Templates',
  'An AlertReceiver writes in its own words with `spec.template`: `title` is the one line on top, `text` what stands below it. The language is [Mustache](https://mustache.github.io/mustache.5.html): `{{name}}` is a value, `{{#name}}...{{/name}}` is written for each entry of a list, or where there is such a value, and `{{^name}}...{{/name}}` where there is none. A name that does not exist is told in the condition `Accepted`, with its line. What nothing is left of goes out as it would without a template; reminders and possible repeats are noted below it in any case. Signs of life are not changed.',
  '```yaml\napiVersion: dogwatch.dev/v1alpha1\nkind: AlertReceiver\nmetadata:\n  name: own-words\nspec:\n  console: {}\n  template:\n    title: "{{head}} {{title}}"\n    text: |\n      {{#firing}}\n      {{title}} (since {{since}}, team {{labels.team}})\n      {{#runbookURL}}see {{runbookURL}}{{/runbookURL}}\n      {{/firing}}\n      {{#ended}}\n      over: {{title}}\n      {{/ended}}\n```',
  'Anywhere:',
  table('Name', {
    ...messageFields,
    'labels.NAME': 'a label of the alert; outside of a list one that all alerts share',
  }),
  'Lists:',
  table('List', { ...prefixed(messageLists), ...prefixed(alertLists) }),
  `Within a list of alerts, of each alert; \`lines\` is within these lists alone:`,
  table('Name', alertFields),
]

function prefixed(lists: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(lists).map(([name, meaning]) => [`#${name}`, meaning]))
}

function table(head: string, rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)
  return [`| ${head} | What it is |`, '| --- | --- |', ...lines].join('\n')
}
