import { expect } from 'chai'
import { chooseChannel } from '../../../src/watchers/crash/channel-choice.ts'
import { projectCrashNamespace } from '../../../src/watchers/crash/crash-namespace.ts'
import type { ChannelAnswer } from '../../../src/watchers/crash/watched-route.ts'
import { watchedRoute } from '../../support/crash-routes.ts'

const receiver = { namespace: 'dogwatch-system', name: 'slack' }
const named = { ...receiver, slackChannel: '#all' }

function choose(wish: string | undefined, answer: ChannelAnswer = 'Allowed', channelFromAnnotation = true) {
  const asked: string[] = []
  const route = watchedRoute(
    { channelFromAnnotation },
    {
      channelAnswer: (namespace, channel, use) => {
        asked.push(`${namespace.name} ${channel} ${use.name}`)
        return answer
      },
    },
  )
  const annotations = wish === undefined ? {} : { 'dogwatch.dev/slack-channel': wish }
  const namespace = projectCrashNamespace({ metadata: { name: 'shop', annotations } })
  return { asked, choice: chooseChannel(route, namespace, named), bare: chooseChannel(route, namespace, receiver) }
}

const own = { use: named, chosenBy: 'Route' }

describe('the Slack channel of a namespace', () => {
  it('is that of its annotation where the route and the receiver let it', () => {
    const { asked, choice, bare } = choose(' #shop-oncall ')
    expect(choice).to.deep.equal({ use: { ...receiver, slackChannel: '#shop-oncall' }, chosenBy: 'Annotation' })
    expect(bare).to.deep.equal(choice)
    expect(asked[0]).to.equal('shop #shop-oncall slack')
  })

  it('may be named without the #, or by its id', () => {
    expect(choose('shop').choice.use.slackChannel).to.equal('#shop')
    expect(choose('C0123ABCDE').choice.use.slackChannel).to.equal('C0123ABCDE')
  })

  it('is the route’s where the route does not ask for annotations, or there is none', () => {
    for (const { choice, asked, bare } of [choose('#shop', 'Allowed', false), choose(undefined), choose('')]) {
      expect(choice).to.deep.equal(own)
      expect(bare).to.deep.equal({ use: receiver, chosenBy: 'Receiver' })
      expect(asked).to.deep.equal([])
    }
  })

  it('is the route’s where the receiver does not share that channel, and that is said', () => {
    const { choice } = choose('#bosses', 'NotShared')
    expect(choice).to.deep.include(own)
    expect(choice.refusal).to.match(
      /^annotation dogwatch\.dev\/slack-channel "#bosses" is not allowed by AlertReceiver dogwatch-system\/slack: /,
    )
  })

  it('is the route’s where the annotation is no channel, whoever wrote it and however long', () => {
    for (const wish of ['<!channel>', 'two words', `#${'x'.repeat(5_000)}`, '#a,#b', '@everybody']) {
      const { choice, asked } = choose(wish)
      expect(choice).to.deep.include(own)
      expect(choice.refusal).to.match(/ is no name of a channel: /)
      expect(choice.refusal?.length).to.be.lessThan(300)
      expect(asked).to.deep.equal([])
    }
  })

  it('means nothing to a receiver that is not for Slack', () => {
    expect(choose('#shop', 'NoSlack').choice).to.deep.equal(own)
  })
})

describe('a namespace as routes know it', () => {
  it('is its name, its labels and its wish', () => {
    const annotations = { 'dogwatch.dev/slack-channel': '#a', other: 'x'.repeat(100) }
    expect(projectCrashNamespace({ metadata: { name: 'a', labels: { b: 'c' }, annotations } })).to.deep.equal({
      ...{ name: 'a', labels: { b: 'c' }, wishedChannel: '#a' },
    })
    expect(projectCrashNamespace({ metadata: { name: 'a' } })).to.deep.equal({ name: 'a', labels: {} })
  })
})
