import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments } from 'yaml'
import { differences } from '../../hack/generate.ts'
import { operatorAccess } from '../../src/api/crd/operator-access.ts'
import { apiRbac, clusterWideRbac, namespaceOnlyRbac, userRbac } from '../../src/api/crd/rbac.ts'
import { allKinds } from '../../src/api/kinds.ts'
import { parseManifest } from '../../src/api/manifest.ts'
import { constraintLine, constraintsOf } from '../support/constraints.ts'

const root = join(import.meta.dirname, '../..')

/** Every YAML file that shows people how to write a kind. */
function sampleFiles(): string[] {
  return ['examples', 'config/samples']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith('.yaml') && !path.endsWith('kustomization.yaml'))
}

describe('generated files', () => {
  it('are those that src/api makes', () => expect(differences()).to.deep.equal([]))

  it('hold the constraints that were agreed on: one lost or loosened is seen here', () => {
    const made = `${allKinds.flatMap(constraintsOf).map(constraintLine).join('\n')}\n`
    const goldenPath = join(root, 'test/golden/constraints.txt')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(goldenPath, made)
    expect(made.split('\n')).to.deep.equal(readFileSync(goldenPath, 'utf8').split('\n'))
  })
})

describe('schemas', () => {
  it('describe every field and bound every text, list and map', () => {
    const constraints = allKinds.flatMap(constraintsOf)
    const bound = { string: ['maxLength', 'enum', 'format'], array: ['maxItems'] } as Record<string, string[]>
    const loose = constraints.filter(
      ({ schema }) => bound[schema.type ?? '']?.every((keyword) => !(keyword in schema)) ?? false,
    )
    expect(loose.map(constraintLine)).to.deep.equal([])
    const silent = constraints.filter(({ path, schema }) => !path.at(-1)?.startsWith('[') && !schema.description)
    expect(silent.map(constraintLine)).to.deep.equal([])
    const openMaps = constraints.filter(({ schema }) => schema.additionalProperties && !schema.maxProperties)
    expect(openMaps.map(constraintLine)).to.deep.equal([])
  })

  it('use refine() nowhere but in the vocabulary, because the API server never sees it', () => {
    const files = readdirSync(join(root, 'src/api'), { recursive: true, encoding: 'utf8' })
    const refining = files.filter(
      (path) =>
        path.endsWith('.ts') &&
        /\.(refine|superRefine|transform|check)\(/.test(readFileSync(join(root, 'src/api', path), 'utf8')),
    )
    expect(refining).to.deep.equal(['schema.ts'])
  })
})

describe('samples', () => {
  it('are there', () => expect(sampleFiles()).not.to.deep.equal([]))

  for (const path of sampleFiles()) {
    it(`${path} is valid and begins with what it is for`, () => {
      const content = readFileSync(join(root, path), 'utf8')
      expect(content).to.match(/^# [A-Z].+\.\n/)
      for (const document of parseAllDocuments(content)) parseManifest(document.toJS())
    })
  }
})

describe('rights', () => {
  const all = [...clusterWideRbac(allKinds), ...namespaceOnlyRbac(allKinds), ...userRbac(allKinds), ...apiRbac()]
  const rules = all.flatMap((object) => object.rules ?? [])

  it('are never a wildcard', () => {
    const words = rules.flatMap(({ group, resources, verbs }) => [group, ...resources, ...verbs])
    expect(words.filter((word) => word.includes('*'))).to.deep.equal([])
  })

  it('never let secrets be listed or watched, and never reach a node through its proxy', () => {
    expect(rules.filter(({ resources }) => resources.some((name) => /^nodes\/./.test(name)))).to.deep.equal([])
    const ofSecrets = rules.filter(({ resources }) => resources.includes('secrets')).flatMap(({ verbs }) => verbs)
    expect(new Set(ofSecrets)).to.deep.equal(new Set(['get']))
  })

  it('let secrets be read in the own namespace alone; elsewhere somebody has to bind a role for it', () => {
    const holders = all.filter(({ rules: own = [] }) => own.some(({ resources }) => resources.includes('secrets')))
    const bound = holders.filter(({ metadata }) => all.some(({ roleRef }) => roleRef?.name === metadata.name))
    expect(new Set(bound.map(({ kind }) => kind))).to.deep.equal(new Set(['Role']))
    const others = holders.filter((holder) => !bound.includes(holder)).map(({ metadata }) => metadata.name)
    expect(others).to.deep.equal(['dogwatch-secret-reader', 'dogwatch-install'])
  })

  it('name each resource once, so that none is granted unseen', () => {
    const names = operatorAccess(allKinds).flatMap(({ group, resources }) =>
      resources.map((name) => `${group}/${name}`),
    )
    expect(new Set(names).size).to.equal(names.length)
  })

  it('of an install for one namespace hold no cluster role and no cluster-scoped object', () => {
    const objects = namespaceOnlyRbac(allKinds)
    expect(objects.map(({ kind }) => kind)).to.have.members(['Role', 'RoleBinding', 'Role', 'RoleBinding'])
    const resources = objects.flatMap((object) => (object.rules ?? []).flatMap((access) => access.resources))
    expect(resources).not.to.include.members(['nodes'])
    expect(resources).not.to.include.members(['namespaces'])
  })
})
