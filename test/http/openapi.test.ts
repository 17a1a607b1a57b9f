/** The OpenAPI document: what is in it, and that it is whole. A change of the API is a change of the golden file. */
import { expect } from 'chai'
import { aggregatedAccess } from '../../src/api/crd/operator-access.ts'
import { aggregatedGroup } from '../../src/api/http/paths.ts'
import { apiRoutes } from '../../src/http/api-routes.ts'
import { buildOpenApi } from '../../src/http/openapi.ts'
import { expectGolden } from '../support/golden.ts'

type Json = Record<string, unknown>

function everyObject(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return []
  return [value as Json, ...Object.values(value).flatMap(everyObject)]
}

describe('OpenAPI document', () => {
  const document = buildOpenApi(apiRoutes)
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )

  it('is the one that was agreed on', () => {
    const { info: _version, ...rest } = document
    expectGolden('http/openapi.json', `${JSON.stringify(rest, undefined, 2)}\n`)
  })

  it('has every route once, each with an id of its own', () => {
    expect(operations).to.have.length(apiRoutes.length)
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('refers to nothing that is not in it', () => {
    const references = everyObject(document).flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
    expect(references).to.include('#/components/responses/Problem')
    const find = (reference: string) =>
      reference
        .split('/')
        .slice(1)
        .reduce<unknown>((at, key) => (at as Json | undefined)?.[key], document)
    expect(references.filter((reference) => find(reference) === undefined)).to.deep.equal([])
  })

  it('declares each parameter of a path, and says what every operation and member is for', () => {
    for (const { path, operation } of operations) {
      const declared = (operation.parameters as Json[]).filter(({ in: place }) => place === 'path')
      expect(
        declared.map(({ name }) => `{${name}}`),
        path,
      ).to.deep.equal(path.match(/\{\w+\}/g) ?? [])
      expect(operation.summary, path).to.match(/\.$/)
      expect(operation.description, path).to.match(/^Rights: ./)
    }
  })
})

describe('rights that let callers through to the API', () => {
  it('are those for its routes, as the API server reads their paths', () => {
    const resources = new Set(apiRoutes.map(({ path }) => resourceOf(path)))
    const granted = aggregatedAccess.flatMap(({ resources }) => resources)
    expect([...resources].sort()).to.deep.equal([...granted].sort())
    expect(aggregatedAccess.map(({ group }) => group)).to.deep.equal([aggregatedGroup])
  })
})

/** `/namespaces/x/receivers/y/test` is the subresource `receivers/test`; `/alerts/x` the resource `alerts`. */
function resourceOf(path: string): string {
  const [resource = '', name, subresource] = path
    .replace(/^\/namespaces\/:namespace/, '')
    .split('/')
    .slice(1)
  return name === undefined || subresource === undefined ? resource : `${resource}/${subresource}`
}
