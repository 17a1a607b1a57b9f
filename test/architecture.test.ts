/** Holds the source tree to the rules that docs/architecture.md gives: one direction of imports, no sibling imports, small files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { expect } from 'chai'

const root = new URL('..', import.meta.url).pathname

/** A layer may import itself where it is one part, and any layer before it. */
const layers = [
  ['base'],
  ['model'],
  ['api'],
  ['kube'],
  ['controller'],
  ['store'],
  ['notify'],
  ['watchers'],
  ['reconcilers'],
  ['http', 'cli'],
  ['app'],
  ['bin'],
]

/** Folders whose parts do not know each other: `src/watchers/capacity` never imports `src/watchers/crash`. */
const siblingFolders = [
  'watchers',
  'notify/channels',
  'api/channels',
  'reconcilers',
  'http/routes',
  'cli/commands',
  'agent/collectors',
]

/** Files that are a list of siblings, or what siblings share by design. */
const lists = ['reconcilers/reconcilers.ts', 'notify/channels/channels.ts']
const seams = ['accepted-versions.ts', 'kind-reconciler.ts', 'policy-conditions.ts'].map(
  (name) => `reconcilers/${name}`,
)

const maximumLines = 400

function filesBelow(folder: string, endings: readonly string[]): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => endings.some((ending) => path.endsWith(ending)) && statSync(path).isFile())
}

interface Import {
  readonly from: string
  readonly to: string
}

/** Imports between files of src, as paths below src. */
function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '')
  const from = relative(join(root, 'src'), path)
  return specifiers.map((specifier) => ({ from, to: normalize(join(dirname(from), specifier)) }))
}

function layerOf(path: string): number {
  const folder = path.split('/')[0] ?? ''
  return layers.findIndex((names) => names.includes(folder))
}

const sources = filesBelow(join(root, 'src'), ['.ts', '.tsx'])
const imports = sources.flatMap(importsOf).filter(({ to }) => !to.startsWith('..'))

/** Which part of a folder of siblings a file belongs to: a file, or a folder with its files. */
function partOf(path: string): { folder: string; part: string } | undefined {
  const folder = siblingFolders.find((candidate) => path.startsWith(`${candidate}/`))
  if (folder === undefined) return undefined
  const part = path.slice(folder.length + 1).split('/')[0] ?? ''
  return { folder, part }
}

describe('architecture', () => {
  it('finds the source', () => {
    expect(sources.length).to.be.greaterThan(20)
    expect(imports.length).to.be.greaterThan(20)
  })

  it('keeps every file of src in a known layer', () => {
    const strange = sources
      .map((path) => relative(join(root, 'src'), path))
      .filter((path) => layerOf(path) < 0 && !path.startsWith('agent/'))
    expect(strange).to.deep.equal([])
  })

  it('imports one way', () => {
    const upward = imports.filter(({ from, to }) => layerOf(to) > layerOf(from))
    expect(upward.map(({ from, to }) => `${from} imports ${to}`)).to.deep.equal([])
  })

  it('keeps two parts of one layer apart', () => {
    const sideways = imports.filter(
      ({ from, to }) => layerOf(from) === layerOf(to) && from.split('/')[0] !== to.split('/')[0],
    )
    expect(sideways.map(({ from, to }) => `${from} imports ${to}`)).to.deep.equal([])
  })

  it('lets no sibling import another', () => {
    const crossing = imports.filter(({ from, to }) => {
      const [a, b] = [partOf(from), partOf(to)]
      return (
        a !== undefined &&
        b !== undefined &&
        a.folder === b.folder &&
        a.part !== b.part &&
        !lists.includes(from) &&
        !seams.includes(to)
      )
    })
    expect(crossing.map(({ from, to }) => `${from} imports ${to}`)).to.deep.equal([])
  })

  it('lets the agent know nothing but base and model', () => {
    const allowed = ['agent', 'base', 'model']
    const wrong = imports.filter(
      ({ from, to }) => from.startsWith('agent/') && !allowed.includes(to.split('/')[0] ?? ''),
    )
    expect(wrong.map(({ from, to }) => `${from} imports ${to}`)).to.deep.equal([])
  })

  it('takes time, chance and the environment only where they are handed out', () => {
    const owners = ['base/clock.ts', 'app/', 'bin/']
    const direct = /\b(Date\.now|new Date\(\)|Math\.random|process\.env|setTimeout|setInterval|performance\.now)\b/
    const offenders = sources
      .map((path) => ({ path: relative(join(root, 'src'), path), text: readFileSync(path, 'utf8') }))
      .filter(({ path, text }) => !owners.some((owner) => path.startsWith(owner)) && direct.test(text))
    expect(offenders.map(({ path }) => path)).to.deep.equal([])
  })

  it('keeps files short enough to tell one story', () => {
    const hand = ['src', 'hack', 'bench', 'web'].flatMap((folder) => filesBelow(join(root, folder), ['.ts', '.tsx']))
    const long = hand
      .map((path) => ({ path: relative(root, path), lines: readFileSync(path, 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > maximumLines)
    expect(long).to.deep.equal([])
  })

  it('names only files that exist in its documents', () => {
    const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']
      .map((name) => join(root, name))
      .filter((path) => existsSync(path))
    const pages = [...documents, ...filesBelow(join(root, 'docs'), ['.md'])]
    const missing = pages.flatMap((page) => {
      const text = readFileSync(page, 'utf8')
      const prose = text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
      const named = [...text.matchAll(/`((?:src|test|hack|config|crds|docs|examples|bench|charts)\/[\w./-]+)`/g)]
      const linked = [...prose.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      const fromRoot = named.map((match) => join(root, match[1] ?? ''))
      const fromPage = linked.map((match) => join(dirname(page), match[1] ?? ''))
      return [...fromRoot, ...fromPage]
        .filter((path) => !existsSync(path))
        .map((path) => `${relative(root, page)}: ${relative(root, path)}`)
    })
    expect(missing).to.deep.equal([])
  })
})
