/** Which names say that what they name is a secret: `DB_PASSWORD`, `clientSecret`, `x-api-key`; and not `TOKEN_TYPE`, `secretName`. */

/** A name that is longer is judged by its end. */
const longestName = 100

/** Words that any other may stand right before: `pgpassword`, `accesstoken`. */
const endings =
  /(?:passwort|password|passwd|passphrase|kennwort|secret|token|api_?key|accesskey|secretkey|privatekey|accountkey|sharedkey|masterkey|encryptionkey|signingkey|sessionid|sessid)$/

const words = new Set(['pass', 'pwd', 'pw', 'jwt', 'otp', 'credential', 'credentials', 'authorization', 'cookie'])

/** What a key opens: `api_key`. */
const keyWords = new Set(
  `api access secret private account shared master encryption signing auth storage subscription session webhook hmac aes rsa
   client app deploy admin root license ssh tls service`.split(/\s+/),
)

/** What is said about a secret, not the secret itself. */
const aboutWords = new Set(
  `file path dir name names ref refs type kind count length len size ttl expiry expires expiration exp at age url uri endpoint
   policy version id ids enabled required limit limits usage used mount volume namespace rotation provider format algorithm alg
   issuer audience error status valid class manager index position budget reset field min max header prefix store`.split(
    /\s+/,
  ),
)

/** Words that add nothing: `secretString`. */
const fillers = new Set(['value', 'string', 'text', 'plain', 'plaintext', 'base64', 'b64', 'data', 'raw', 'hash'])

export function isSecretName(name: string): boolean {
  if (!maybeSecret.test(name)) return false
  const parts = name
    .slice(-longestName)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[_.-]+/)
    .filter((part) => part !== '')
  while (parts.length > 1 && (fillers.has(parts.at(-1) ?? '') || /^\d+$/.test(parts.at(-1) ?? ''))) parts.pop()
  if (isSecretEnd(parts)) return true
  // In a name of words with a line between, as of an environment variable, more may follow: TOKEN_GITHUB.
  const isPlain = /^[a-z0-9_-]+$|^[A-Z0-9_-]+$/.test(name)
  return (
    isPlain &&
    !aboutWords.has(parts.at(-1) ?? '') &&
    parts.some((_part, index) => isSecretEnd(parts.slice(0, index + 1)))
  )
}

const maybeSecret = /pass|pw|secret|token|key|credential|authorization|cookie|sess|jwt|otp|kennwort/i

function isSecretEnd(parts: readonly string[]): boolean {
  const last = (parts.at(-1) ?? '').replace(/\d+$/, '')
  const before = parts.at(-2) ?? ''
  if (last === 'key') return keyWords.has(before)
  if (last === 'id') return before === 'session' || before === 'secret'
  return words.has(last) || endings.test(last)
}
