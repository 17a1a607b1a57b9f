/**
 * What a client of Adaptive Cards 1.4 refuses, for the elements that Dogwatch uses.
 * Source, read 2026-11-21: https://adaptivecards.io/schemas/adaptive-card.json and https://adaptivecards.io/explorer.
 */

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type
type Json = any

const cardKeys = ['type', '$schema', 'version', 'fallbackText', 'body', 'actions', 'msteams']
const blockKeys = ['type', 'inlines', 'spacing', 'separator']
const runKeys = ['type', 'text', 'weight', 'size', 'color', 'isSubtle', 'fontType']
const values: Readonly<Record<string, readonly unknown[]>> = {
  spacing: ['None', 'Small', 'Default', 'Medium', 'Large', 'ExtraLarge', 'Padding'],
  separator: [true, false],
  weight: ['Default', 'Lighter', 'Bolder'],
  size: ['Default', 'Small', 'Medium', 'Large', 'ExtraLarge'],
  color: ['Default', 'Dark', 'Light', 'Accent', 'Good', 'Warning', 'Attention'],
  isSubtle: [true, false],
  fontType: ['Default', 'Monospace'],
}

/** Undefined: a client shows it. */
export function cardProblem(card: Json): string | undefined {
  if (card?.type !== 'AdaptiveCard') return 'no AdaptiveCard'
  if (card.version !== '1.4') return `version ${card.version}`
  if (!Array.isArray(card.body) || card.body.length === 0) return 'no body'
  return keysProblem(card, cardKeys) ?? first(card.body, blockProblem) ?? first(card.actions ?? [], actionProblem)
}

function blockProblem(block: Json): string | undefined {
  if (block?.type !== 'RichTextBlock') return `unknown element ${block?.type}`
  if (!Array.isArray(block.inlines) || block.inlines.length === 0) return 'no inlines'
  return keysProblem(block, blockKeys) ?? first(block.inlines, runProblem)
}

function runProblem(run: Json): string | undefined {
  if (run?.type !== 'TextRun') return `unknown inline ${run?.type}`
  if (typeof run.text !== 'string' || run.text === '') return 'empty text'
  return keysProblem(run, runKeys)
}

function actionProblem({ type, title, url }: Json): string | undefined {
  if (type !== 'Action.OpenUrl' || typeof title !== 'string') return `unknown action ${type}`
  return URL.canParse(url) ? undefined : `no URL: ${url}`
}

function keysProblem(value: Json, allowed: readonly string[]): string | undefined {
  const strange = Object.keys(value).find((key) => !allowed.includes(key))
  if (strange !== undefined) return `unknown property ${strange}`
  const wrong = Object.entries(value).find(([key, one]) => values[key]?.includes(one) === false)
  return wrong === undefined ? undefined : `${wrong[0]}: ${wrong[1]}`
}

function first(list: readonly Json[], problem: (one: Json) => string | undefined): string | undefined {
  return list.map(problem).find((one) => one !== undefined)
}
