/**
 * Makes one file of the whole program: `node hack/bundle.ts [--out FILE]`, by default dist/dogwatch.mjs. It needs Node 24 and
 * nothing beside it. One file starts quicker and in less memory than its modules do one by one: of the Kubernetes client
 * alone only a fifth is ever used. `--entry FILE` bundles another program the same way, so that a part can be measured as
 * it ships.
 * Beside it lie the licences of the packages that are in it.
 *
 * Names are kept, so that a stack trace can be read; what is imported inside a function stays unevaluated until then.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { licensesOf } from './bundle-licenses.ts'
import { slimBundle } from './bundle-slim.ts'
import { carriedWorkers } from './bundle-worker.ts'

const root = new URL('..', import.meta.url).pathname
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: `${root}dist/dogwatch.mjs` },
    entry: { type: 'string', default: `${root}src/bin/dogwatch.ts` },
  },
})

const out = resolve(values.out)

/** The commit that is built: said by the builder where there is no git (an image), else asked of git. */
function commitOf(): string | undefined {
  if (process.env.DOGWATCH_COMMIT) return process.env.DOGWATCH_COMMIT
  try {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '-dirty')
  } catch {
    return undefined
  }
}

/** CommonJS packages inside the bundle still call require() for Node's own modules. */
const banner = [
  "import { createRequire as dogwatchCreateRequire } from 'node:module'",
  'const require = dogwatchCreateRequire(import.meta.url)',
].join('\n')

const common: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minifyWhitespace: true,
  minifySyntax: true,
  // Beside the bundle: one letter beyond ASCII makes the engine keep all of the text in two bytes a letter.
  legalComments: 'none',
  absWorkingDir: root,
  logLevel: 'warning',
}

const { metafile } = await build({
  ...common,
  entryPoints: [resolve(values.entry)],
  outfile: out,
  metafile: true,
  plugins: [slimBundle(root), carriedWorkers(root, common)],
  banner: { js: banner },
  define: { 'globalThis.DOGWATCH_COMMIT': JSON.stringify(commitOf() ?? 'unknown') },
})
chmodSync(out, 0o755)
writeFileSync(out.replace(/(\.mjs)?$/, '.LICENSES.txt'), licensesOf(Object.keys(metafile.inputs), root))
console.log(`${out}: ${Math.round(statSync(out).size / 1024)} KB`)
