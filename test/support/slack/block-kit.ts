/**
 * What Slack refuses of blocks. Sources, read 2026-11-21:
 * - https://docs.slack.dev/reference/block-kit/blocks (50 blocks in a message; each block's own page for its fields)
 * - https://docs.slack.dev/reference/block-kit/composition-objects/text-object (1 to 3000 characters)
 * - https://github.com/slackapi/bolt-js/issues/2509 (`msg_blocks_too_long` from about 13,200 characters of all blocks, undocumented)
 */

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire has no type
type Json = any

export const mostBlocks = 50
export const longestText = 3_000
export const longestBlocksTogether = 13_170

/** Slack's error code, with what it is about; undefined: Slack takes them. */
export function blocksProblem(blocks: Json): string | undefined {
  if (!Array.isArray(blocks)) return 'invalid_blocks_format: not a list'
  if (blocks.length > mostBlocks) return `invalid_blocks: ${blocks.length} blocks`
  const problem = blocks.map(blockProblem).find((one) => one !== undefined)
  if (problem !== undefined) return `invalid_blocks: ${problem}`
  const together = charactersOf(blocks)
  return together > longestBlocksTogether ? `msg_blocks_too_long: ${together} characters` : undefined
}

function blockProblem(block: Json, index: number): string | undefined {
  const check = checks[block?.type as keyof typeof checks]
  const problem = check === undefined ? `unknown type ${block?.type}` : check(block)
  return problem === undefined ? undefined : `/${index}: ${problem}`
}

const checks = {
  header: ({ text }: Json) => (text?.type === 'plain_text' ? textProblem(text, 150) : 'a header has plain text'),
  section: ({ text, fields }: Json) =>
    text === undefined && fields === undefined ? 'no text' : textProblem(text, longestText),
  context: ({ elements }: Json) => elementsProblem(elements, 10, (element) => textProblem(element, longestText)),
  divider: () => undefined,
  rich_text: ({ elements }: Json) => elementsProblem(elements, Number.POSITIVE_INFINITY, richElementProblem),
}

function textProblem(text: Json, longest: number): string | undefined {
  if (!['plain_text', 'mrkdwn'].includes(text?.type)) return `no text object: ${JSON.stringify(text)}`
  if (text.type === 'mrkdwn' && text.emoji !== undefined) return 'mrkdwn has no emoji'
  if (typeof text.text !== 'string' || text.text.length < 1) return 'empty text'
  return text.text.length > longest ? `${text.text.length} characters, more than ${longest}` : undefined
}

const richElements = ['rich_text_section', 'rich_text_list', 'rich_text_preformatted', 'rich_text_quote']

function richElementProblem({ type, elements }: Json): string | undefined {
  if (!richElements.includes(type)) return `unknown rich text element ${type}`
  return elementsProblem(elements, Number.POSITIVE_INFINITY, inlineProblem)
}

function inlineProblem(element: Json): string | undefined {
  if (element?.type === 'link') return URL.canParse(element.url) ? undefined : `no link: ${element.url}`
  if (element?.type !== 'text') return `unknown inline element ${element?.type}`
  return typeof element.text === 'string' && element.text !== '' ? undefined : 'empty text'
}

function elementsProblem(
  elements: Json,
  most: number,
  check: (element: Json) => string | undefined,
): string | undefined {
  if (!Array.isArray(elements) || elements.length === 0) return 'no elements'
  if (elements.length > most) return `${elements.length} elements, more than ${most}`
  return elements.map(check).find((one) => one !== undefined)
}

/** Of all texts in it, and a little for each block. */
function charactersOf(value: Json): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, part) => sum + charactersOf(part), 10)
}
