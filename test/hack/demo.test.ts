import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { Seen } from '../../hack/demo/seen.ts'

const story = [
  '12:00:01  WARNING  Node node-07: cpu requests 93.1% of allocatable',
  '12:00:05  CRITICAL  [shop] Deployment shop/web, container main: Error',
  '    | the last words',
  '12:00:31  RESOLVED  Node node-07: cpu requests 70% of allocatable',
  '12:00:45  RESOLVED  [shop] Deployment shop/web, container main: well again',
]
const subjects = ['Node node-07', 'Deployment shop/web, container main']

function seenOf(lines: readonly string[]): Seen {
  const seen = new Seen('the last words')
  for (const line of lines) seen.note(line)
  return seen
}

describe('the demo', () => {
  it('has shown everything when a warning, a crash with its log, and the recovery of both went by', () => {
    expect(seenOf(story).isWhole(subjects)).to.equal(true)
  })

  for (const missing of story) {
    it(`has not where this is missing: ${missing.trim()}`, () => {
      expect(seenOf(story.filter((line) => line !== missing)).isWhole(subjects)).to.equal(false)
    })
  }

  it('does not take what was closed for a warning', () => {
    expect(seenOf(['12:00:01  CLOSED  Node node-07: the policy was deleted']).hasWarned('Node node-07')).to.equal(false)
  })

  it('says what a number of seconds is where it was given none', () => {
    const env = { ...process.env, DEMO_SECONDS: '60s' }
    const { status, stderr } = spawnSync(process.execPath, ['hack/demo/run.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env,
      encoding: 'utf8',
    })
    expect([status, stderr]).to.deep.equal([2, 'DEMO_SECONDS is 60s: give a number of seconds, such as 60\n'])
  })
})
