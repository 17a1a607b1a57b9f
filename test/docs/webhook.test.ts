/** docs/webhook.md: what it shows is what is sent, and what it gives to check a signature does so. */
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import { webhookPayload } from '../../src/notify/channels/webhook/payload.ts'
import { signatureHeaders } from '../../src/notify/channels/webhook/signature.ts'
import { fencedBlocks } from '../support/documents.ts'

const page = 'docs/webhook.md'

function blockOf(language: string): string {
  const found = fencedBlocks(page).filter((block) => block.language === language)
  expect(found, `${language} blocks of ${page}`).to.have.length(1)
  return found[0]?.text ?? ''
}

type Check = (headers: object, body: string, key: string, nowSeconds: number) => boolean

async function documentedCheck(): Promise<Check> {
  const source = `data:text/javascript;base64,${Buffer.from(blockOf('js')).toString('base64')}`
  return ((await import(source)) as { isFromDogwatch: Check }).isFromDogwatch
}

describe(page, () => {
  it('shows a message that has the published form, and nothing beyond it', () => {
    const shown = JSON.parse(blockOf('json'))
    expect(webhookPayload.parse(shown)).to.deep.equal(shown)
  })

  it('gives code that takes what is signed, and nothing else', async () => {
    const isFromDogwatch = await documentedCheck()
    const [key, body, nowSeconds] = ['the key', '{"title":"zürich"}', 1_764_590_705]
    const signed = signatureHeaders(key, body, nowSeconds * 1_000 + 400)
    const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
    expect(isFromDogwatch(headers, body, key, nowSeconds + 10)).to.equal(true)
    expect(isFromDogwatch(headers, `${body} `, key, nowSeconds + 10)).to.equal(false)
    expect(isFromDogwatch(headers, body, 'another key', nowSeconds + 10)).to.equal(false)
    expect(isFromDogwatch(headers, body, key, nowSeconds + 301)).to.equal(false)
    expect(isFromDogwatch({ ...headers, 'dogwatch-timestamp': '1764590706' }, body, key, nowSeconds)).to.equal(false)
    expect(isFromDogwatch({}, body, key, nowSeconds)).to.equal(false)
  })

  it('gives commands that compute the same', () => {
    const output = execFileSync('sh', ['-euc', blockOf('sh')], { encoding: 'utf8' })
    const expected = createHmac('sha256', 'example').update('1764590705.{"version":"v1"}').digest('hex')
    expect(output.trim()).to.match(new RegExp(`${expected}$`))
  })
})
