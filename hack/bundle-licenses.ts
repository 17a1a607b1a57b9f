/** The licences of the packages whose code is in the bundle: whoever passes the code on has to pass these on too. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const licenseFile = /^(licen[cs]e|copying|notice)([-.].*)?$/i

/** `inputs` are the bundle's source files, relative to `root`. Throws for a package that says nothing of its licence. */
export function licensesOf(inputs: readonly string[], root: string): string {
  const folders = new Set(inputs.flatMap((path) => packageFolder(path) ?? []))
  const sections = [...folders].sort().map((folder) => sectionOf(join(root, folder)))
  return `Dogwatch is under the Apache License 2.0. It contains code of these packages:\n\n${sections.join('\n')}`
}

/** `node_modules/@scope/name` of a file below it; of nested packages the innermost. */
function packageFolder(path: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]
}

function sectionOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => licenseFile.test(file)) : []
  if (license === undefined && files.length === 0) throw new Error(`${name} ${version} says nothing of its licence`)
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  const rule = '-'.repeat(80)
  return [rule, `${name} ${version}${license === undefined ? '' : `, ${license}`}`, rule, ...texts, ''].join('\n')
}
