import type { TextOutput } from '../context.ts'
import type { OutputFormat } from '../options/output.ts'

/** Shows one text after the other. */
export interface Screen {
  show(text: string): void
  /** Leaves the last text standing. */
  end(): void
}

/**
 * In place on a terminal; elsewhere one block behind the other, with an empty line between, which JSON allows: `jq` reads
 * document after document. YAML has a marker of its own.
 */
export function createScreen(output: TextOutput, format: OutputFormat = 'table'): Screen {
  return output.isTerminal ? terminalScreen(output) : blockScreen(output, format === 'yaml' ? '---\n' : '\n')
}

const control = '\u001b['
const [hideCursor, showCursor] = [`${control}?25l`, `${control}?25h`]
const [home, clearLine, clearBelow] = [`${control}H`, `${control}K`, `${control}J`]

/** Line by line over what was there, so that nothing flickers. */
function terminalScreen(output: TextOutput): Screen {
  let isFirst = true
  return {
    show: (text) => {
      const lines = fitRows(text.trimEnd().split('\n'), output.rows)
      const begin = isFirst ? `${hideCursor}${home}${clearBelow}` : home
      isFirst = false
      output.write(`${begin}${lines.map((line) => `${line}${clearLine}\n`).join('')}${clearBelow}`)
    },
    end: () => {
      if (!isFirst) output.write(showCursor)
    },
  }
}

/** A terminal that is too short shows the head, which has the sums, and says what it leaves out. */
function fitRows(lines: readonly string[], rows: number | undefined): readonly string[] {
  const room = (rows ?? Number.POSITIVE_INFINITY) - 1
  if (lines.length <= room) return lines
  const shown = Math.max(1, room - 1)
  return [
    ...lines.slice(0, shown),
    `... ${lines.length - shown} lines more than fit: sort, filter, or make the window taller`,
  ]
}

function blockScreen(output: TextOutput, between: string): Screen {
  let isFirst = true
  return {
    show: (text) => {
      output.write(isFirst ? text : `${between}${text}`)
      isFirst = false
    },
    end: () => {},
  }
}
