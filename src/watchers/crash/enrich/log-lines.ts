/**
 * The end of a log as the kubelet gives it with timestamps. These are no decoration: what the container wrote has one on each line,
 * and what the kubelet itself says in the middle of an answer of 200, such as that it cannot read the file, has none. And they tell
 * when the last line was written, which no later run of the container can fit.
 */
import { plainText } from '../../../model/plain-text.ts'

export interface LogLines {
  readonly lines: readonly string[]
  /** When the last line was written, by the node's clock; undefined where nothing says. */
  readonly lastMs: number | undefined
  /** What the kubelet said in place of the log, or of the rest of it. */
  readonly complaint: string | undefined
}

/** `isCut`: bytes are missing before these. */
export function readLogLines(bytes: Buffer, isCut: boolean): LogLines {
  const text = bytes.toString('utf8')
  const raw = (isCut ? withoutTornLine(text) : text).split('\n')
  if (raw.at(-1) === '') raw.pop()
  const stamps = raw.map((line) => stampPattern.exec(line)?.[0])
  const first = stamps.findIndex((stamp) => stamp !== undefined)
  if (first < 0) return withoutStamps(raw, isCut)
  // Before the first whole line of a cut log there can be the end of one that was too long to keep.
  const own = raw.filter((_line, index) => stamps[index] !== undefined || (isCut && index < first))
  const foreign = raw.filter((_line, index) => stamps[index] === undefined && !(isCut && index < first))
  return {
    lines: own.map((line) => plainText(line.replace(stampPattern, ''))),
    lastMs: timeOf(stamps.findLast((stamp) => stamp !== undefined)),
    complaint: foreign.length === 0 ? undefined : plainText(foreign.join(' ')),
  }
}

const stampPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)(?: |$)/

/** From the first line that is whole; of one endless line, without as much of its begin as may be half of a secret. */
function withoutTornLine(text: string): string {
  const lineEnd = text.indexOf('\n')
  return lineEnd >= 0 && lineEnd < text.length - 1 ? text.slice(lineEnd + 1) : text.slice(tornCharacters)
}

const tornCharacters = 4_096

/** Of a server that knows no timestamps: there only its words tell a complaint from a log. */
function withoutStamps(raw: readonly string[], isCut: boolean): LogLines {
  const isComplaint = !isCut && raw.length === 1 && complaints.test(raw[0] ?? '')
  const lines = raw.map((line) => plainText(line))
  return isComplaint
    ? { lines: [], lastMs: undefined, complaint: lines[0] }
    : { lines, lastMs: undefined, complaint: undefined }
}

/** As the kubelet and the container runtimes word them. */
const complaints =
  /^(unable to retrieve container logs for |failed to (try resolving symlinks in path|open log file|read log file|tail \d+ lines of log file) |rpc error: code = )/

function timeOf(stamp: string | undefined): number | undefined {
  const ms = Date.parse(stamp?.trim() ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
