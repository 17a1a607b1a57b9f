import { z } from 'zod'
import { dnsSubdomain, patternText } from './schema.ts'

/** One value of a Secret in the resource's own namespace. What it holds is never a part of the resource. */
export const secretReference = () =>
  z.object({
    name: dnsSubdomain().describe('Name of the Secret, in the same namespace.'),
    key: patternText(/^[-._a-zA-Z0-9]+$/, 253).describe('The key in it whose value is meant.'),
  })
