/** What an edit changes, shown before it counts: the entries that go, those that come, and what that means. */
import { stringify } from 'yaml'
import type { EntryChange, RouteEdit } from './edits.ts'

export interface EditText {
  readonly route: { readonly namespace: string; readonly name: string }
  readonly edit: RouteEdit
  readonly isDryRun: boolean
  /** Why the operator refuses the spec as it was. */
  readonly refusal?: string | undefined
}

export function editText({ route, edit, isDryRun, refusal }: EditText): string {
  const title = `CrashAlertRoute ${route.namespace}/${route.name}`
  const refused =
    refusal === undefined
      ? []
      : [`This counts only once the spec is accepted. Before this change it was refused: ${refusal}`]
  const effects = [...edit.effects, ...refused].map((effect) => `${effect}.`)
  if (edit.change === undefined) return `${[`${title} stays as it is.`, ...effects].join('\n')}\n`
  const end = isDryRun ? ['Nothing was changed: --dry-run.'] : []
  return `${[`${title}, spec.${edit.change.list}:`, ...changeLines(edit.change), ...effects, ...end].join('\n')}\n`
}

function changeLines({ before = [], after = [] }: EntryChange): string[] {
  return [...before.map((entry) => entryLine('-', entry)), ...after.map((entry) => entryLine('+', entry))]
}

function entryLine(sign: string, entry: object): string {
  return `${sign} ${stringify(entry, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim()}`
}
