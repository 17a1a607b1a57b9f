import { z } from 'zod'
import { patternText, rule, set, text } from '../schema.ts'
import { secretReference } from '../secret-reference.ts'

const basicAuth = z.object({
  username: text(256).describe('The name to log in with.'),
  passwordSecretRef: secretReference().describe('The password.'),
})

const fields = z.object({
  urls: set(patternText(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, 2048))
    .min(1)
    .max(8)
    .describe(
      'Where Alertmanager is, without /api/v2; every one of a cluster of them, as each is told and they agree among themselves who sends.',
    ),
  basicAuth: basicAuth.optional().describe('Name and password, where it asks for them.'),
  bearerTokenSecretRef: secretReference().optional().describe('A token, where it asks for one.'),
  caSecretRef: secretReference()
    .optional()
    .describe('Certificates (PEM) of the authority that signed its. Absent: those that the system trusts.'),
})

export const alertmanagerChannel = rule(fields, {
  cel: '!(has(self.basicAuth) && has(self.bearerTokenSecretRef))',
  holds: ({ basicAuth: basic, bearerTokenSecretRef }) => basic === undefined || bearerTokenSecretRef === undefined,
  message: 'set at most one of basicAuth, bearerTokenSecretRef',
}).describe('Prometheus Alertmanager: alerts go on to where its own routes lead.')
