import { z } from 'zod'
import { dnsSubdomain, patternText, rule, set } from '../schema.ts'
import { secretReference } from '../secret-reference.ts'

const address = () => patternText(/^[^\s@<>,;:"\\()[\]]+@[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/, 254)

const auth = z
  .object({
    usernameSecretRef: secretReference().describe('The user name, often the address itself.'),
    passwordSecretRef: secretReference().describe('The password, or the key that the provider gives for SMTP.'),
  })
  .describe('How to log in. Absent: the server takes mail from the operator without.')

const fields = z.object({
  host: dnsSubdomain().describe('The mail server, by name or by IPv4 address.'),
  port: z.int().min(1).max(65_535).optional().describe('Absent: 587 with StartTLS, 465 with TLS, 25 with None.'),
  security: z
    .enum(['StartTLS', 'TLS', 'None'])
    .default('StartTLS')
    .describe('StartTLS: the connection must become encrypted. TLS: it is from the start. None: nothing is encrypted.'),
  auth: auth.optional(),
  caSecretRef: secretReference()
    .optional()
    .describe(
      "Certificates of the authority (PEM) that signed the server's. Absent: those that the operator's system trusts.",
    ),
  from: patternText(
    /^([^<>@,;:"\\()[\]\r\n]{1,100} <[^\s@<>,;:"\\()[\]]+@[-A-Za-z0-9.]+>|[^\s@<>,;:"\\()[\]]+@[-A-Za-z0-9.]+)$/,
    360,
  ).describe('The sender, as dogwatch@example.com or Dogwatch <dogwatch@example.com>.'),
  to: set(address()).min(1).max(20).describe('Who gets it. All see each other.'),
})

export const emailChannel = rule(fields, {
  cel: "!has(self.auth) || self.security != 'None'",
  holds: ({ auth: login, security }) => login === undefined || security !== 'None',
  message: 'use StartTLS or TLS with auth: a password is never sent in clear',
  fieldPath: '.security',
}).describe('Mail, sent through an SMTP server.')
