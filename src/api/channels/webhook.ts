import { z } from 'zod'
import { celList, listMap, patternText, rule } from '../schema.ts'
import { secretReference } from '../secret-reference.ts'

const header = z.object({
  name: patternText(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 64).describe('Such as Authorization.'),
  valueSecretRef: secretReference().describe('Its whole value, such as Bearer and the token.'),
})

/** What HTTP or Dogwatch itself says there. */
const ownHeaders = [
  'connection',
  'content-length',
  'content-type',
  'dogwatch-signature',
  'dogwatch-timestamp',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]

const headers = rule(listMap(header, ['name']).max(16), {
  cel: `self.all(header, !(header.name.lowerAscii() in ${celList(ownHeaders)}))`,
  holds: (list) => list.every(({ name }) => !ownHeaders.includes(name.toLowerCase())),
  message: `choose other headers: Dogwatch itself sets ${ownHeaders.join(', ')}`,
})

const fields = z.object({
  url: patternText(/^https?:\/\/[^\s/?#@]+(\/[^\s#]*)?$/, 2048)
    .optional()
    .describe('Where each message is posted to. A url that is a secret itself belongs into urlSecretRef.'),
  urlSecretRef: secretReference().optional().describe('The url, instead of url, where whoever knows it may post.'),
  headers: headers.optional().describe('Headers to send along, from Secrets.'),
  signingSecretRef: secretReference()
    .optional()
    .describe(
      'A key that the receiver knows too: each message carries an HMAC-SHA256 of itself in Dogwatch-Signature. Absent: none.',
    ),
  caSecretRef: secretReference()
    .optional()
    .describe("Certificates (PEM) of the authority that signed the receiver's. Absent: those that the system trusts."),
})

export const webhookChannel = rule(fields, {
  cel: 'has(self.url) != has(self.urlSecretRef)',
  holds: ({ url, urlSecretRef }) => (url === undefined) !== (urlSecretRef === undefined),
  message: 'set exactly one of url, urlSecretRef',
}).describe('A program of your own: JSON posted to a url, as docs/webhook.md says.')
