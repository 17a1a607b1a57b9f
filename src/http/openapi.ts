/** The OpenAPI 3.1 document, made from the schemas that check requests and answers. */
import { z } from 'zod'
import { version } from '../base/version.ts'
import type { AnyApiRoute } from './api-route.ts'
import { problems } from './problem.ts'

type Json = Record<string, unknown>

/** Paths are below the server's root `/api/v1`; those of `isAlsoAtRoot` are there, too. */
export function buildOpenApi(routes: readonly AnyApiRoute[]): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Dogwatch', version, summary: 'Alerts, crashes, receivers, silences and policies of one cluster.' },
    servers: [
      { url: '/api/v1', description: 'Directly, with a bearer token.' },
      { url: '/apis/api.dogwatch.dev/v1alpha1', description: 'Through the API server.' },
    ],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of the cluster.' } },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      responses: { Problem: problemResponse },
    },
  }
}

const problemSchema = z
  .object({
    type: z.enum(Object.keys(problems).map((name) => `urn:dogwatch:problem:${name}`)),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What happened and what to do.'),
  })
  .describe('RFC 9457; through the API server it is a Status of Kubernetes instead.')

const problemResponse = {
  description: 'It went wrong.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

function operation(route: AnyApiRoute): Json {
  const { method, path, summary, rights, params, query, body, answer, isAlsoText = false } = route
  const takesBody = Object.keys(body.shape).length > 0
  const content = { 'application/json': { schema: jsonSchema(body, 'input') } }
  return {
    operationId: operationId(method, path),
    summary,
    description: `Rights: ${rights}`,
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(takesBody ? { requestBody: { required: isNeeded(body), content } } : {}),
    responses: {
      200: {
        description: 'OK',
        content: {
          'application/json': { schema: jsonSchema(answer, 'output') },
          ...(isAlsoText ? { 'text/plain': { schema: { type: 'string' } } } : {}),
        },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

/** `getAlertsId`: unique, as method and path are. */
function operationId(method: string, path: string): string {
  const words = path.split(/[^a-zA-Z]+/).filter((word) => word !== '')
  return [method.toLowerCase(), ...words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)].join('')
}

function isNeeded(body: z.ZodObject): boolean {
  return !body.safeParse({}).success
}

function parameters(schema: z.ZodObject, place: 'path' | 'query'): Json[] {
  return Object.entries(schema.shape).map(([name, member]) => {
    const { description = '', ...rest } = jsonSchema(member as z.ZodType, 'input')
    const isRequired = place === 'path' || !(member as z.ZodType).safeParse(undefined).success
    return { name, in: place, required: isRequired, description, schema: rest }
  })
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'throw',
  })
  return rest
}
