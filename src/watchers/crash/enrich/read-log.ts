/**
 * The end of a log over the API server, in bounded memory whatever its size. `limitBytes` of the API is of no use: it cuts the end
 * off. So the end is asked for by lines and all before the last bytes is dropped as it comes. Lines may be of any length: where
 * they make an answer too long, fewer are asked for.
 */
import type { KubeClient } from '../../../kube/client.ts'
import { resourcePath } from '../../../kube/resource.ts'
import { ByteTail } from './byte-tail.ts'
import type { CrashedPod, LogWish } from './enrichment.ts'
import { type LogLines, readLogLines } from './log-lines.ts'
import type { RunPlace } from './run-place.ts'

export interface LogQuery {
  readonly pod: CrashedPod
  readonly container: string
  readonly place: Exclude<RunPlace, 'gone'>
  readonly wish: LogWish
}

export interface LogEnd extends LogLines {
  /** Whether there was more before. */
  readonly isCut: boolean
}

/** The kubelet begins to answer at once, also where there is nothing to say. */
const beginWithinMs = 5_000
/** An answer is left where it is longer than this. */
const maximumAnswerBytes = 16 * 1024 * 1024
/** How long the pieces are into which container runtimes cut long lines, and which the kubelet counts as lines. */
const pieceBytes = 16 * 1024
/** A timestamp and a space. */
const stampBytes = 36
/** For what is not part of the text, such as colours. */
const slackBytes = 64 * 1024

/** Throws the client's errors, and one in words where even one line is too long. */
export async function readLogEnd(client: KubeClient, query: LogQuery, signal: AbortSignal): Promise<LogEnd> {
  const { tailLines, maxBytes } = query.wish
  const enough = Math.ceil(maxBytes / pieceBytes) + 1
  // One line more than is wanted says whether there is more.
  for (const lines of new Set([tailLines + 1, Math.min(tailLines, enough), 1])) {
    const tail = await readTail(client, query, lines, signal)
    if (tail === undefined) continue
    const read = readLogLines(tail.bytes(), tail.isCut)
    const isCut = tail.isCut || read.lines.length > tailLines || lines <= tailLines
    return { ...read, lines: read.lines.slice(-tailLines), isCut }
  }
  throw new Error(`its last line is longer than ${maximumAnswerBytes / 1024 / 1024} MiB`)
}

async function readTail(
  client: KubeClient,
  { pod, container, place, wish }: LogQuery,
  lines: number,
  signal: AbortSignal,
): Promise<ByteTail | undefined> {
  const tail = new ByteTail(wish.maxBytes + (wish.tailLines + 1) * stampBytes + slackBytes)
  const path = resourcePath(pods, { namespace: pod.namespace, name: pod.name, subresource: 'log' })
  const query = { container, previous: place === 'previous', tailLines: lines, timestamps: true }
  const stream = await client.openStream({ path, query, accept: '*/*', timeoutMs: beginWithinMs, signal })
  for await (const chunk of stream) {
    tail.push(chunk)
    if (tail.totalBytes > maximumAnswerBytes) return undefined
  }
  return tail
}

const pods = { group: '', version: 'v1', resource: 'pods' }
