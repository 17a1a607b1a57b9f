import { expect } from 'chai'
import fc from 'fast-check'
import { compileRedaction } from '../../src/model/redaction.ts'
import { redactorOf } from '../support/redactor.ts'

const { redact } = redactorOf()

const base64 = (length: number) => 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7'.repeat(50).slice(0, length)
const body = (lines: number) => Array.from({ length: lines }, () => base64(64)).join('\n')
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'

describe('redaction', () => {
  for (const [text, expected] of [
    ['password=hunter2', 'password=[redacted]'],
    ['Password: hunter2, user: bob', 'Password: [redacted], user: bob'],
    ['{"password":"hun\\"ter2","user":"bob"}', '{"password":"[redacted]","user":"bob"}'],
    ["{'api_key': 'abc def'}", "{'api_key': '[redacted]'}"],
    ['{\\"token\\":\\"abc\\",\\"x\\":1}', '{\\"token\\":\\"[redacted]\\",\\"x\\":1}'],
    ['"secrets": ["a", "b"]', '"secrets": ["a", "b"]'],
    ['secret = ["a", "b"]', 'secret = [redacted]'],
    ['DB_PASSWORD=my pass word\nUSER=bob', 'DB_PASSWORD=[redacted]\nUSER=bob'],
    ['A_TOKEN=abc B=c', 'A_TOKEN=[redacted] B=c'],
    ['export API_KEY="a b"', 'export API_KEY="[redacted]"'],
    ['GITHUB_TOKEN_PROD=abc', 'GITHUB_TOKEN_PROD=[redacted]'],
    ['spring.datasource.password=abc', 'spring.datasource.password=[redacted]'],
    ['clientSecret => "abc"', 'clientSecret => "[redacted]"'],
    ['run --password hunter2 --user bob', 'run --password [redacted] --user bob'],
    ['run -api-key=abc', 'run -api-key=[redacted]'],
    [
      '- name: DB_PASSWORD\n  value: hunter2\n- name: X\n  value: y',
      '- name: DB_PASSWORD\n  value: [redacted]\n- name: X\n  value: y',
    ],
    ['<db><password>abc</password></db>', '<db><password>[redacted]</password></db>'],
    ["CREATE USER x IDENTIFIED BY 'abc'", "CREATE USER x IDENTIFIED BY '[redacted]'"],
    ['curl -u bob:abc https://x', 'curl -u bob:[redacted] https://x'],
    ['authorization: Bearer abc', 'authorization: Bearer [redacted]'],
    ['> Authorization: Basic dXNlcjpwYXNz', '> Authorization: Basic [redacted]'],
    ['curl -H "Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y" h', 'curl -H "Authorization: [redacted]" h'],
    ['"Authorization":["Bearer abc"]', '"Authorization":[redacted]'],
    ['Set-Cookie: sid=abc; Path=/', 'Set-Cookie: [redacted]'],
    ['sent Bearer abcdefgh1 to it', 'sent Bearer [redacted] to it'],
    ['GET /x?access_token=abc&user=5', 'GET /x?access_token=[redacted]&user=5'],
    ['postgres://user:abc@db:5432/x', 'postgres://user:[redacted]@db:5432/x'],
    ['postgres://user:a@b/c@db:5432/x', 'postgres://user:[redacted]@db:5432/x'],
    ['redis://:abc@cache', 'redis://:[redacted]@cache'],
    ['https://x:abc@host/?to=a@b', 'https://x:[redacted]@host/?to=a@b'],
    ['https://0123456789abcdef0123@host/1', 'https://[redacted]@host/1'],
    [`got ${jwt}.`, 'got [redacted]'],
    ['user.name+tag@example.co.uk wrote', '[redacted] wrote'],
    ['größe@bücher.example', '[redacted]'],
    ['paid with 4111 1111 1111 1111 12 times', 'paid with [redacted] 12 times'],
    ['5 4111-1111-1111-1111', '5 [redacted]'],
    ['378282246310005', '[redacted]'],
    [`-----BEGIN PRIVATE KEY-----\n${body(3)}\n-----END PRIVATE KEY-----\nthen`, '[redacted]\nthen'],
    [
      `"key": "-----BEGIN RSA PRIVATE KEY-----\\n${base64(64)}\\n-----END RSA PRIVATE KEY-----\\n"`,
      '"key": "[redacted]\\n"',
    ],
    [`${body(3)}\nabcd==\n-----END EC PRIVATE KEY-----\nthen`, '[redacted]\nthen'],
    [`${base64(20)}\\n${base64(64)}\\n-----END PRIVATE KEY-----\\n`, '[redacted]\\n'],
    [`first\n-----BEGIN OPENSSH PRIVATE KEY-----\n${body(3)}\n${base64(11)}`, 'first\n[redacted]'],
    [`-----BEGIN OPENSSH PRIVATE KEY-----\n${body(2)}\nthen it crashed\n`, '[redacted]\nthen it crashed\n'],
    [`web | ${base64(64)}\nweb | ${base64(12)}\nweb | -----END PRIVATE KEY-----`, '[redacted]'],
  ] as const) {
    it(`makes ${JSON.stringify(text.slice(0, 60))} harmless`, () => expect(redact(text)).to.equal(expected))
  }

  for (const text of [
    'SyntaxError: Unexpected token: }',
    'Unexpected token < in JSON at position 0',
    'secret "db" not found',
    "couldn't find key password in Secret default/db",
    'max_tokens: 4096, total_tokens=123',
    'token_type=bearer',
    'secretName: tls-cert',
    'passwordFile: /run/secrets/x',
    'com.example.TokenException: no token in the request',
    'java.lang.IllegalStateException: PasswordEncoder: none is mapped',
    'password: null, token=undefined, secret: <none>, api_key: ""',
    'password=${DB_PASSWORD} password=$(DB_PASSWORD) password={{ .Values.password }}',
    'pass: 5 fail: 0',
    'basic responsibilities of the bearer',
    'git@github.com:owner/repository',
    'left-pad@1.3.0 @scope/package@2.0.0 image@sha256:0a1b',
    'user@1000.service: started',
    'https://host:8080/path/@scope and http://[::1]:80/x',
    'took 1763740800123456789 ns, id 1234567890123456, 0.4111111111111111',
    'commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----',
    'Error: connect ECONNREFUSED 10.0.0.1:5432\n    at TCPConnectWrap.afterConnect (node:net:1607:16)',
    'panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d',
  ]) {
    it(`leaves ${JSON.stringify(text.slice(0, 60))} as it is`, () => expect(redact(text)).to.equal(text))
  }

  const letters = (characters: string, minLength: number, maxLength = minLength) =>
    fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength })
  const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  const word = `${upper}abcdefghijklmnopqrstuvwxyz`
  const opaque = letters(`${word}!#%^*?_-+./`, 6, 40).map((text) => `q7${text}Z9`)
  const shaped: Record<string, fc.Arbitrary<string>> = {
    'an AWS key': letters(upper, 16).map((rest) => `AKIA${rest}`),
    'a GCP key': letters(`${word}_-`, 35).map((rest) => `AIza${rest}`),
    'a GitHub token': letters(word, 36).map((rest) => `ghp_${rest}`),
    'a GitHub token with fine rights': letters(`${word}_`, 82).map((rest) => `github_pat_${rest}`),
    'a GitLab token': letters(`${word}_-`, 20).map((rest) => `glpat-${rest}`),
    'a Slack token': letters(word, 24).map((rest) => `xoxb-1234567890-${rest}`),
    'a Stripe key': letters(word, 24).map((rest) => `sk_live_${rest}`),
    'a web token': fc
      .tuple(letters(word, 20, 60), letters(word, 20, 200), letters(`${word}_-`, 20, 90))
      .map(([header, claims, signature]) => `eyJ${header}.eyJ${claims}.${signature}`),
    'an e-mail address': fc
      .tuple(letters('abcdefghijklmnop.', 1, 20), letters('abcdefghijklmnop', 1, 20))
      .map(([user, host]) => `x${user}@${host}.example`),
    'a card number': letters('0123456789', 14).map((digits) => withCheckDigit(`4${digits}`)),
  }
  const named: Record<string, (secret: string) => string> = {
    'key=value': (secret) => `password=${secret}`,
    'a variable': (secret) => `MYSQL_ROOT_PASSWORD=${secret}`,
    YAML: (secret) => `  api_key: ${secret}`,
    JSON: (secret) => JSON.stringify({ a: 1, clientSecret: secret, b: [2] }),
    'JSON in JSON': (secret) => JSON.stringify({ message: JSON.stringify({ token: secret, b: 2 }) }),
    'a quoted value': (secret) => `secret='${secret}'`,
    'a header': (secret) => `X-Api-Key: ${secret}`,
    'an Authorization header': (secret) => `Authorization: Bearer ${secret}`,
    'a flag': (secret) => `mysql --password ${secret} --user root`,
    'an address': (secret) => `amqp://user:${encodeURIComponent(secret)}@queue:5672/v`,
  }
  const around = fc.constantFrom(
    '',
    ' ',
    '\n',
    '\t',
    ' at ',
    'Error: ',
    '\nINFO ready\n',
    '("',
    '", ',
    '; ',
    ' [x] ',
    '🙂 ',
    ' größer ',
  )

  for (const [what, secrets] of Object.entries(shaped)) {
    it(`lets ${what} survive nowhere`, () => {
      fc.assert(
        fc.property(secrets, around, around, (secret, before, after) => {
          expect(redact(`${before} ${secret}${after}`)).not.to.include(secret)
        }),
        { numRuns: 500 },
      )
    })
  }

  for (const [what, write] of Object.entries(named)) {
    it(`lets no secret survive as ${what}`, () => {
      fc.assert(
        fc.property(opaque, around, around, (secret, before, after) => {
          const text = `${before} ${write(secret)} ${after}`
          const told = redact(text)
          expect(told).not.to.include(secret)
          expect(told).not.to.include(encodeURIComponent(secret))
        }),
        { numRuns: 500 },
      )
    })
  }

  it('lets no line of a private key survive, wherever the text is cut off before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat({ max: 1_000 }), (lines, cut) => {
        const key = `-----BEGIN PRIVATE KEY-----\n${body(lines)}\n-----END PRIVATE KEY-----`
        const told = redact(`${key.slice(Math.min(cut, key.length - 30))}\nready\n`)
        expect(told).to.match(/\[redacted\]\nready\n$/)
        expect(told.match(/[A-Za-z0-9+/=]{12,}/)).to.equal(null)
      }),
    )
  })

  it('is done once and for all', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'password',
        'token',
        '=',
        ':',
        '"',
        "'",
        '\\',
        '@',
        '://',
        '[redacted]',
        ' ',
        '\n',
        'eyJ',
        '.',
        '4111111111111111',
        '--',
        '-----END PRIVATE KEY-----',
      ),
      fc.string({ maxLength: 5 }),
    )
    expect(redact('0@0.AA4111111111111111')).to.equal('[redacted][redacted]')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const once = redact(pieces.join(''))
        expect(redact(once)).to.equal(once)
      }),
      { numRuns: 3_000 },
    )
  })

  it('leaves texts of words and numbers as they are', () => {
    const plain = fc.constantFrom(
      'INFO',
      'started',
      'in',
      '12ms',
      'GET',
      '/api/v1/pods',
      '200',
      'at',
      'main.go:12',
      '{',
      '}',
      '"a":',
      '1,',
      'é',
      '\n',
      '\t',
      'user=alice',
      'tokens',
      'key',
      'the',
      'password',
      'is',
      'wrong',
    )
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 60 }), (words) => {
        expect(redact(words.join(' '))).to.equal(words.join(' '))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('redaction by patterns of users', () => {
  it('replaces what they match, line by line', () => {
    expect(redactorOf('(?i)session-[0-9]+', 'x{3}$').redact('Session-12 xxx\nxxx y')).to.equal(
      '[redacted] [redacted]\nxxx y',
    )
  })

  it('replaces nothing where a pattern matches nothing', () => {
    expect(redactorOf('a*', '\\b').redact('baab')).to.equal('b[redacted]b')
  })

  it('replaces what they match anywhere in a long line, and only that', () => {
    for (const at of [0, 1, 2_040, 4_090, 4_096, 6_000, 19_990]) {
      const line = `${'x'.repeat(at)}needle${'y'.repeat(20_000 - at)}`
      expect(redactorOf('needle').redact(line) === line.replace('needle', '[redacted]')).to.equal(true)
    }
  })

  it('replaces more rather than less where a match is longer than it can see', () => {
    const { redact } = redactorOf('key:[a-z]+')
    expect(redact(`a key:${'k'.repeat(10_000)} b\nc`)).to.equal('a [redacted]\nc')
  })

  it('lets none of them hold up others, whatever pattern meets whatever text', () => {
    const redactor = redactorOf('[ab]*a[ab]{100}c', '(?:[ab]?){100}c', '(a+)+(b|c)*d$')
    const hostile = Array.from({ length: 65_536 }, (_, index) => ((index * 7_919) % 13 < 6 ? 'a' : 'b')).join('')
    const steps = [...redactor.steps(`${hostile}c\n${hostile}`)]
    expect(steps.length).to.be.greaterThan(100)
  })

  it('counts characters beyond the first plane right', () => {
    expect(redactorOf('b+').redact('🙂abb🙂b')).to.equal('🙂a[redacted]🙂[redacted]')
  })

  it('names a pattern that RE2 does not read', () => {
    for (const pattern of ['(', '(?=x)', 'a{2000}', '(?:a|b|ab){200}']) {
      expect(compileRedaction([pattern]))
        .to.have.property('problem')
        .that.includes(`"${pattern}"`)
    }
  })
})

function withCheckDigit(digits: string): string {
  for (let last = 0; ; last++) {
    const number = `${digits}${last}`
    const sum = [...number].reverse().reduce((total, digit, index) => {
      const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit)
      return total + (value > 9 ? value - 9 : value)
    }, 0)
    if (sum % 10 === 0) return number
  }
}
