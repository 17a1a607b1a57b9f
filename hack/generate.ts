/**
 * Writes everything that is made from src/api and src/cli: `make generate`. With --check nothing is written: it says which files
 * differ and ends with 1 when there are any.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { stringify } from 'yaml'
import { apiRbac, clusterWideRbac, namespaceOnlyRbac, renderRbac, userRbac } from '../src/api/crd/rbac.ts'
import { renderReference } from '../src/api/crd/reference.ts'
import { renderCrd } from '../src/api/crd/render.ts'
import { allKinds } from '../src/api/kinds.ts'
import { webhookJsonSchema } from '../src/notify/channels/webhook/payload.ts'
import { defaultIndexPrefix } from '../src/store/elasticsearch/connection-settings.ts'
import { renderAlertReference } from './alert-reference.ts'
import { renderCliReference } from './cli-reference.ts'
import { grafanaCrashes } from './dashboards/grafana-crashes.ts'
import { grafanaOperator } from './dashboards/grafana-operator.ts'
import { kibanaDashboard } from './dashboards/kibana.ts'

const root = join(import.meta.dirname, '..')
const mark = 'Made from src/api by `make generate`. Edit there.'

/** Where a marked file that is no longer made is deleted. */
const folders = ['crds', 'config/rbac', 'docs/reference']
const rbac = { 'cluster-wide': clusterWideRbac, 'namespace-only': namespaceOnlyRbac, users: userRbac, api: apiRbac }

/** Every generated file: path from the checkout's root, and content. */
export function generatedFiles(): Map<string, string> {
  return new Map([
    ...allKinds.map((kind) => [`crds/${kind.plural}.yaml`, yamlFile(renderCrd(kind))] as const),
    ['crds/kustomization.yaml', kustomization(allKinds.map(({ plural }) => `${plural}.yaml`))],
    ...Object.entries(rbac).flatMap(([name, objects]) => [
      [`config/rbac/${name}/rbac.yaml`, `# ${mark}\n${objects(allKinds).map(renderRbac).join('---\n')}`] as const,
      [`config/rbac/${name}/kustomization.yaml`, kustomization(['rbac.yaml'])] as const,
    ]),
    ...allKinds.map(
      (kind) => [`docs/reference/${kind.singular}.md`, `<!-- ${mark} -->\n${renderReference(kind)}`] as const,
    ),
    [
      'docs/reference/alerts.md',
      `<!-- Made from src/model and src/notify by \`make generate\`. Edit there. -->\n${renderAlertReference()}`,
    ],
    ['docs/reference/webhook-v1.schema.json', `${JSON.stringify(webhookJsonSchema(), null, 2)}\n`],
    ['config/dashboards/kibana/crashes.ndjson', kibanaDashboard(defaultIndexPrefix)],
    ['config/dashboards/grafana/crashes.json', grafanaCrashes()],
    ['config/dashboards/grafana/operator.json', grafanaOperator()],
    ['docs/reference/cli.md', `<!-- Made from src/cli by \`make generate\`. Edit there. -->\n${renderCliReference()}`],
  ])
}

function kustomization(resources: readonly string[]): string {
  return yamlFile({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources })
}

function yamlFile(object: object): string {
  return `# ${mark}\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`
}

/** What differs between the checkout and what would be generated, one line each; empty when nothing does. */
export function differences(): string[] {
  const files = generatedFiles()
  const stray = strayFiles(files).map((path) => `${path}: nothing generates it any more`)
  return [...[...files].flatMap(([path, content]) => difference(path, content)), ...stray]
}

function difference(path: string, content: string): string[] {
  const full = join(root, path)
  if (!existsSync(full)) return [`${path}: missing`]
  const [committed, made] = [readFileSync(full, 'utf8').split('\n'), content.split('\n')]
  const line = made.findIndex((text, index) => text !== committed[index])
  if (line === -1 && committed.length === made.length) return []
  const at = line === -1 ? made.length : line
  return [`${path}:${at + 1}: committed "${committed[at] ?? '(end)'}", generated "${made[at] ?? '(end)'}"`]
}

function strayFiles(files: ReadonlyMap<string, string>): string[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => filesBelow(folder))
    .filter((path) => !files.has(path) && readFileSync(join(root, path), 'utf8').includes(mark))
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(root, join(parentPath, name)))
}

function write(): void {
  const files = generatedFiles()
  for (const path of strayFiles(files)) rmSync(join(root, path))
  for (const [path, content] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  console.log(`${files.size} files are current`)
}

function check(): void {
  const lines = differences()
  if (lines.length === 0) return
  console.error(
    ['Generated files differ from src/api or src/cli; run `make generate` and commit:', ...lines].join('\n'),
  )
  process.exitCode = 1
}

if (import.meta.main) process.argv.includes('--check') ? check() : write()
