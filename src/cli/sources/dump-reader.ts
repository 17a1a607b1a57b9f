/** Reads what `kubectl get ... -o json` wrote: one List, several behind each other, an array, or single objects. */
import { createReadStream } from 'node:fs'
import { errorText, OperatorError } from '../../base/errors.ts'
import { ItemScanner } from '../../kube/item-scanner.ts'
import { DocumentSplitter } from './document-splitter.ts'

export interface DumpObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
}

interface DumpList extends DumpObject {
  readonly items?: unknown
}

/** Calls `onObject` with each object in order. `-` is stdin. Throws INVALID_INPUT naming the file. */
export async function readDump(
  file: string,
  stdin: AsyncIterable<Uint8Array>,
  onObject: (object: DumpObject) => void,
): Promise<void> {
  const name = file === '-' ? 'stdin' : file
  const source: AsyncIterable<Uint8Array> = file === '-' ? stdin : createReadStream(file, { highWaterMark: 1 << 18 })
  const splitter = new DocumentSplitter(documentSink(onObject))
  let bytes = 0
  try {
    for await (const chunk of source) {
      bytes += chunk.length
      splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    }
    splitter.end()
  } catch (cause) {
    throw unreadable(name, cause)
  }
  if (bytes === 0) throw new OperatorError('INVALID_INPUT', `${name} is empty: ${howToMake}`)
}

const howToMake = 'make it with `kubectl get nodes,pods -A -o json`'

function unreadable(name: string, cause: unknown): OperatorError {
  if (cause instanceof OperatorError) return new OperatorError(cause.code, `${name}: ${errorText(cause)}`, { cause })
  if (cause instanceof SyntaxError) {
    return new OperatorError('INVALID_INPUT', `${name} cannot be read as JSON (${errorText(cause)}): ${howToMake}`)
  }
  return new OperatorError('INVALID_INPUT', `cannot read ${name}: ${errorText(cause)}`)
}

/** An object without items looks to the scanner like a list without items: its envelope is the object. */
function documentSink(onObject: (object: DumpObject) => void) {
  let scanner = new ItemScanner(() => {})
  return {
    begin: () => {
      scanner = new ItemScanner((bytes) => onObject(JSON.parse(bytes.toString('utf8')) as DumpObject))
    },
    bytes: (part: Buffer) => scanner.push(part),
    end: () => {
      const envelope = scanner.end() as DumpList
      if (envelope.items === undefined) onObject(envelope)
    },
  }
}

interface AnyObject extends DumpObject {
  readonly spec?: { readonly containers?: unknown }
  readonly status?: { readonly nodeInfo?: unknown; readonly allocatable?: unknown }
  readonly usage?: unknown
  readonly containers?: unknown
}

/** The metrics API's kinds by that name; objects of a raw list carry no kind and are told by their shape. */
export function objectKind(object: DumpObject): string {
  const { kind, spec, status, usage, containers } = object as AnyObject
  if (kind !== undefined) return kind
  if (spec?.containers !== undefined) return 'Pod'
  if (status?.nodeInfo !== undefined || status?.allocatable !== undefined) return 'Node'
  if (containers !== undefined) return 'PodMetrics'
  return usage === undefined ? 'an object without kind' : 'NodeMetrics'
}
