import { expect } from 'chai'
import { z } from 'zod'
import { structuralSchema } from '../../src/api/crd/structural.ts'
import { byteSize, count, duration, listMap, rule, text, textMap, timestamp } from '../../src/api/schema.ts'

describe('structural schemas', () => {
  const forbidden: [string, z.ZodType][] = [
    ['a union', z.object({ a: z.union([z.string(), z.number()]) })],
    ['a discriminated union', z.object({ a: z.discriminatedUnion('t', [z.object({ t: z.literal('x') })]) })],
    ['a tuple', z.object({ a: z.tuple([z.string(), z.number()]) })],
    ['an exclusive bound', z.object({ a: z.number().gt(3) })],
    ['a date', z.object({ a: z.date() })],
  ]
  for (const [name, schema] of forbidden) {
    it(`refuses ${name} instead of losing it`, () => expect(() => structuralSchema(schema)).to.throw())
  }

  it('names the place that is not structural', () => {
    const schema = z.object({ list: z.array(z.object({ a: z.union([z.string(), z.number()]) })) })
    expect(() => structuralSchema(schema)).to.throw('.list[].a: anyOf')
  })

  it('drops the bounds that zod adds to whole numbers, and keeps ours', () => {
    expect(structuralSchema(count())).to.deep.equal({ type: 'integer', minimum: 0 })
    expect(structuralSchema(z.int().max(7))).to.deep.equal({ type: 'integer', maximum: 7 })
  })

  it('leaves dates to the format', () => {
    expect(structuralSchema(timestamp())).to.deep.equal({ type: 'string', format: 'date-time' })
  })

  it('does not require a member that has a default', () => {
    const schema = structuralSchema(z.object({ a: text(3), b: text(3).default('x'), c: text(3).optional() }))
    expect(schema.required).to.deep.equal(['a'])
    expect(schema.properties?.b).to.include({ default: 'x' })
  })

  it('writes a map with its greatest size', () => {
    expect(structuralSchema(textMap(z.string().max(5), 2))).to.deep.equal({
      type: 'object',
      maxProperties: 2,
      additionalProperties: { type: 'string', maxLength: 5 },
    })
  })

  it('writes a list with its keys', () => {
    const schema = structuralSchema(listMap(z.object({ name: text(3) }), ['name']))
    expect(schema).to.include({ 'x-kubernetes-list-type': 'map' })
    expect(schema['x-kubernetes-list-map-keys']).to.deep.equal(['name'])
  })

  it('writes a size as integer or string, without type', () => {
    const schema = structuralSchema(byteSize({ min: '1Ki', max: '1Mi' }))
    expect(schema).to.include({ 'x-kubernetes-int-or-string': true })
    expect(schema).not.to.have.any.keys('type', 'anyOf')
  })

  it('keeps every rule of a schema that has several', () => {
    const first = rule(z.object({ a: count() }), { cel: 'self.a > 1', holds: ({ a }) => a > 1, message: 'one' })
    const both = rule(first, { cel: 'self.a > 2', holds: ({ a }) => a > 2, message: 'two', fieldPath: '.a' })
    expect(structuralSchema(both)['x-kubernetes-validations']).to.deep.equal([
      { rule: 'self.a > 1', message: 'one' },
      { rule: 'self.a > 2', message: 'two', fieldPath: '.a' },
    ])
    expect(both.safeParse({ a: 2 }).error?.issues).to.have.length(1)
    expect(both.safeParse({ a: 2 }).error?.issues[0]).to.deep.include({ message: 'two', path: ['a'] })
  })
})

describe('bounded texts', () => {
  const interval = duration({ min: '5s', max: '1h' })
  for (const value of ['5s', '1h', '59m60s']) {
    it(`takes the duration ${value}`, () => expect(interval.safeParse(value).success).to.equal(true))
  }
  for (const value of ['4s', '1h1s', '', '5', 'x']) {
    it(`refuses the duration "${value}"`, () => expect(interval.safeParse(value).success).to.equal(false))
  }

  const size = byteSize({ min: '64Ki', max: '1Gi' })
  for (const value of ['64Ki', 65_536, '65536', '1Gi', 1_073_741_824]) {
    it(`takes the size ${value}`, () => expect(size.safeParse(value).success).to.equal(true))
  }
  for (const value of ['63Ki', 65_535, '2Gi', '1.5Mi', 'x', -1, 70_000.5]) {
    it(`refuses the size ${value}`, () => expect(size.safeParse(value).success).to.equal(false))
  }
})
