import { expect } from 'chai'
import type { Alert } from '../../src/model/alert.ts'
import type { Message } from '../../src/model/message.ts'
import { composeMessage } from '../../src/notify/compose.ts'
import { compileTemplate } from '../../src/notify/message-template.ts'
import { renderText } from '../../src/notify/render-text.ts'

function anAlert(change: Partial<Alert> = {}): Alert {
  return {
    ...{ key: 'k', rule: 'node-cpu', severity: 'critical', state: 'firing', title: 'Node node-1: cpu at 93%' },
    policy: { kind: 'CapacityPolicy', namespace: 'dogwatch-system', name: 'nodes', uid: 'u' },
    object: { kind: 'Node', name: 'node-1' },
    lines: ['3.7 of 4 cpu', 'since noon'],
    labels: { node: 'node-1', team: 'platform' },
    ...{ since: '2026-01-01T12:00:00Z', at: '2026-01-01T12:05:00Z' },
    ...change,
  }
}

function aMessage(change: Partial<Parameters<typeof composeMessage>[0]> = {}): Message {
  return composeMessage({
    ...{ id: 'i', incident: 'n', reason: 'first', nowMs: Date.parse('2026-01-01T12:05:00Z'), clusterName: 'blue' },
    ...{ firing: [anAlert()], ended: [], dropped: 0, isPossibleRepeat: false, slackChannel: undefined },
    ...change,
  })
}

const fill = (template: { title?: string; text?: string }, message = aMessage()) => compileTemplate(template)(message)
const mistake = (template: { title?: string; text?: string }) => {
  try {
    compileTemplate(template)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

describe('message template', () => {
  it('writes title and text of the message and of its alerts', () => {
    const text =
      '{{#alerts}}{{severity}} {{policyNamespace}}/{{policy}}: {{labels.team}}\n{{#lines}}- {{.}}\n{{/lines}}{{/alerts}}'
    const filled = fill({ title: '[{{clusterName}}] {{head}}: {{title}}', text })
    expect(filled.title).to.equal('[blue] CRITICAL: Node node-1: cpu at 93%')
    expect(filled.text?.split('\n')).to.deep.equal([
      'critical dogwatch-system/nodes: platform',
      '- 3.7 of 4 cpu',
      '- since noon',
      '- policy dogwatch-system/nodes, rule node-cpu  {node=node-1, team=platform}',
    ])
  })

  it('escapes nothing: a message is no web page', () => {
    const message = aMessage({ firing: [anAlert({ title: `a < b & "c" > 'd'` })] })
    expect(fill({ title: '{{title}} {{{title}}}' }, message).title).to.equal(`a < b & "c" > 'd' a < b & "c" > 'd'`)
  })

  it('has conditions: what is there, and what is not', () => {
    const text = '{{#runbookURL}}see {{.}}{{/runbookURL}}{{^runbookURL}}no runbook{{/runbookURL}}'
    expect(fill({ text: `{{#firing}}${text}{{/firing}}` }).text).to.equal('no runbook')
    const message = aMessage({ firing: [anAlert({ runbookURL: 'https://r' })] })
    expect(fill({ text: `{{#firing}}${text}{{/firing}}` }, message).text).to.equal('see https://r')
  })

  it('takes a label for what it is, whatever its name', () => {
    expect(fill({ title: 'x{{labels.constructor}}{{labels.toString}}' }).title).to.equal('x')
    const message = aMessage({ firing: [anAlert({ labels: { constructor: 'acme' } })] })
    expect(fill({ title: '{{labels.constructor}}' }, message).title).to.equal('acme')
  })

  it('keeps a title on one line and both within bounds', () => {
    const message = aMessage({ firing: [anAlert({ title: `a\n\tb ${'x'.repeat(5_000)}` })] })
    const { title = '' } = fill({ title: '{{title}}' }, message)
    expect(title).to.match(/^a b x/)
    expect(title.length).to.equal(1_024)
    const lines = Array.from({ length: 60 }, () => 'y'.repeat(1_000))
    const storm = aMessage({ firing: Array.from({ length: 50 }, () => anAlert({ lines })) })
    const big = fill(
      {
        text: `{{#firing}}{{#lines}}{{#lines}}{{/lines}}{{/lines}}{{/firing}}`.replace('{{#lines}}{{/lines}}', '{{.}}'),
      },
      storm,
    )
    expect(big.text?.length).to.equal(64 * 1_024)
  })

  it('that says nothing of a message leaves it as it is', () => {
    const message = aMessage()
    expect(fill({ title: '{{reminder}}', text: '{{#ended}}x{{/ended}}' }, message)).to.deep.equal(message)
  })

  it('leaves signs of life alone', () => {
    const message = aMessage({ reason: 'heartbeat', firing: [] })
    expect(fill({ title: 'changed' }, message)).to.equal(message)
  })

  it('shows in what people read, with what has to be noted below it', () => {
    const message = fill({ title: 'CPU!', text: 'one\ntwo' }, aMessage({ isPossibleRepeat: true }))
    expect(renderText(message).split('\n')).to.deep.equal([
      '2026-01-01T12:05:00Z  CRITICAL  [blue] CPU!',
      '    one',
      '    two',
      '    possible repeat: it is not known whether this arrived before',
    ])
  })

  describe('is refused with field, line and mistake', () => {
    const refusals: Record<string, [{ title?: string; text?: string }, RegExp]> = {
      'a name that is not known': [
        { text: 'a\nb {{titel}}' },
        /^spec\.template\.text, line 2: titel is not known; here you can name title, /,
      ],
      'a name of an alert outside of a list': [
        { title: '{{runbookURL}}' },
        /line 1: runbookURL means nothing at this place/,
      ],
      'a section that does not end': [
        { text: 'a\n\n{{#firing}}x' },
        /^spec\.template\.text, line 3: Unclosed section "firing"/,
      ],
      'a section that ends twice': [{ text: '{{/firing}}' }, /line 1: Unopened section "firing"/],
      'a tag that does not end': [{ title: '{{title' }, /^spec\.template\.title, line 1: Unclosed tag/],
      'a file': [{ text: '{{> /etc/passwd}}' }, /line 1: \{\{> \.\.\.\}\} is not allowed/],
      'other tags': [{ text: '{{=<% %>=}}<% title %>' }, /line 1: \{\{= \.\.\.\}\} is not allowed/],
      'a list within itself': [
        { text: '{{#firing}}{{#firing}}x{{/firing}}{{/firing}}' },
        /line 1: firing means nothing at this place/,
      ],
      'another list within a list': [{ text: '{{#alerts}}{{#ended}}x{{/ended}}{{/alerts}}' }, /ended means nothing/],
      'lines within lines': [
        { text: '{{#firing}}{{#lines}}{{#lines}}{{/lines}}{{/lines}}{{/firing}}' },
        /lines means nothing/,
      ],
      'a way to the prototype': [{ text: '{{constructor}}' }, /constructor is not known/],
      'a way deeper than labels': [{ text: '{{labels.a.b}} {{labels}}' }, /labels\.a\.b is not known/],
      'the entry of no list': [{ text: '{{.}}' }, /^spec\.template\.text, line 1: \. is not known/],
    }
    for (const [name, [template, says]] of Object.entries(refusals)) {
      it(name, () => expect(mistake(template)).to.match(says))
    }
  })

  it('of the greatest size, nested as deep as it may be, ends soon', function () {
    this.timeout(10_000)
    const inner = '{{.}}'.repeat(1_600)
    const template = compileTemplate({ text: `{{#alerts}}{{#lines}}${inner}{{/lines}}{{/alerts}}` })
    const many = Array.from({ length: 50 }, () => anAlert({ lines: Array.from({ length: 20 }, () => 'z') }))
    const filled = template(aMessage({ firing: many, ended: many }))
    expect(filled.text?.length).to.equal(64 * 1_024)
  })
})
