/** The tar format (ustar), as far as an image archive needs it. */

export type TarEntry = { readonly path: string; readonly mode?: number } & (
  | { readonly content: Uint8Array }
  | { readonly linkTo: string }
  | { readonly folder: true }
)

const blockBytes = 512
const longestNameBytes = 100

/** Octal digits that fill a field but for its closing zero. */
const octal = (value: number, fieldBytes: number): string => value.toString(8).padStart(fieldBytes - 1, '0')

function header(entry: TarEntry, sizeBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes)
  const name = Buffer.from(entry.path)
  if (name.length > longestNameBytes) throw new Error(`The path is too long for an image archive: ${entry.path}`)
  name.copy(block)
  block.write(octal(entry.mode ?? 0o755, 8), 100)
  for (const owner of [108, 116]) block.write(octal(0, 8), owner)
  block.write(octal(sizeBytes, 12), 124)
  block.write(octal(0, 12), 136)
  block.write('linkTo' in entry ? '2' : 'folder' in entry ? '5' : '0', 156)
  if ('linkTo' in entry) block.write(entry.linkTo, 157)
  block.write('ustar\0', 257)
  block.write('00', 263)
  block.fill(' ', 148, 156)
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${octal(checksum, 7)}\0 `, 148)
  return block
}

export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = 'content' in entry ? entry.content : new Uint8Array()
    const padding = (blockBytes - (content.length % blockBytes)) % blockBytes
    return [header(entry, content.length), content, Buffer.alloc(padding)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)])
}
