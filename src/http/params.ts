import { z } from 'zod'
import { dnsLabel, dnsSubdomain } from '../api/schema.ts'

/** `:namespace` and `:name` of an object. */
export function objectParams(kind: string) {
  return z.strictObject({
    namespace: dnsLabel().describe(`Of the ${kind}.`),
    name: dnsSubdomain().describe(`Of the ${kind}.`),
  })
}
