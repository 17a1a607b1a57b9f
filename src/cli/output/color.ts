import type { Context } from '../context.ts'

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green'

/** Puts a style around a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

const codes: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
}

const escapeCharacter = String.fromCharCode(27)

export const plainPaint: Paint = (_style, text) => text

export const colorPaint: Paint = (style, text) => {
  const [on, off] = codes[style]
  return `${escapeCharacter}[${on}m${text}${escapeCharacter}[${off}m`
}

/** Colour is for a terminal that did not refuse it (https://no-color.org: any value that is not empty). */
export function choosePaint({ stdout, env }: Pick<Context, 'stdout' | 'env'>): Paint {
  const isWanted = stdout.isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb'
  return isWanted ? colorPaint : plainPaint
}
