/** hack/install, into a folder of the test: what a person gets with and without a Node of his own. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')
const systemPath = '/usr/bin:/bin'

describe('hack/install', function () {
  this.timeout(60_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dogwatch-install.'))
    for (const name of ['own', 'none']) bundleInto(join(folder, name))
    await writeProgram('new/node', `exec ${process.execPath} "$@"`)
    await writeProgram('old/node', 'echo false')
  })

  after(() => rm(folder, { recursive: true }))

  function bundleInto(prefix: string): void {
    const out = join(prefix, 'lib/dogwatch/dogwatch.mjs')
    execFileSync(process.execPath, [join(root, 'hack/bundle.ts'), '--out', out], { stdio: 'ignore' })
  }

  async function writeProgram(path: string, command: string): Promise<void> {
    execFileSync('mkdir', ['-p', join(folder, path, '..')])
    await writeFile(join(folder, path), `#!/bin/sh\n${command}\n`, { mode: 0o755 })
  }

  function run(program: string, args: readonly string[], path: string): string {
    return execFileSync(program, args, { encoding: 'utf8', env: { ...process.env, PATH: path } })
  }

  it("runs with the person's Node where it is new enough", () => {
    const prefix = join(folder, 'own')
    const path = `${join(folder, 'new')}:${systemPath}`
    expect(run(join(root, 'hack/install'), [prefix], path)).to.include('the node on your PATH')
    expect(existsSync(join(prefix, 'lib/dogwatch/node'))).to.equal(false)
    expect(run(join(prefix, 'bin/dogwatch'), ['version'], path)).to.match(/^dogwatch \d+\.\d+\.\d+ /)
  })

  it('brings a Node where the person has an old one, and needs no other then', () => {
    const prefix = join(folder, 'none')
    const path = `${join(folder, 'old')}:${systemPath}`
    expect(run(join(root, 'hack/install'), [prefix], path)).to.include('its own Node')
    expect(run(join(prefix, 'bin/dogwatch'), ['version'], systemPath)).to.include(`Node ${process.versions.node}`)
  })

  it('says how kubectl calls it in the help of the plug-in', () => {
    const help = run(join(folder, 'none/bin/kubectl-dogwatch'), ['--help'], systemPath)
    expect(help).to.match(/^Usage: kubectl dogwatch /)
  })

  it('brings the licences of what is in the bundle', () => {
    const text = readFileSync(join(folder, 'own/lib/dogwatch/dogwatch.LICENSES.txt'), 'utf8')
    for (const name of ['undici', 'zod', 'pino', 'commander', '@kubernetes/client-node']) {
      expect(text).to.match(new RegExp(`^${name} \\d`, 'm'))
    }
    expect(text).not.to.match(/^esbuild \d/m)
  })
})
