import { expect } from 'chai'
import { type CrashAlertRouteSpec, crashAlertRoute } from '../../../src/api/crash-alert-route.ts'
import { editText } from '../../../src/cli/routes/edit-text.ts'
import { mute, muteText, type RouteEdit, removeLine, setLine, unmute } from '../../../src/cli/routes/edits.ts'

const route = { namespace: 'dogwatch-system', name: 'crashes' }
const slack = (channel: string) => ({ name: 'slack', slack: { channel } })
const line = (name: string, namespaces: object, channel = '#all') => ({ name, namespaces, receivers: [slack(channel)] })

function aSpec(spec: object): CrashAlertRouteSpec {
  return crashAlertRoute.spec.parse(spec) as CrashAlertRouteSpec
}

const payments = { name: 'payments' }
const text = (edit: RouteEdit, isDryRun = false) => editText({ route, edit, isDryRun })

describe('editing the lines of a route', () => {
  it('puts a new line before all others, so that it counts', () => {
    const gold = line('gold', { selector: { matchLabels: { tier: 'gold' } } })
    const edit = setLine(aSpec({ routes: [gold] }), payments, [slack('#pay')])
    expect(edit.patch?.routes).to.deep.equal([line('payments', { names: ['payments'] }, '#pay'), gold])
    expect(text({ ...edit, effects: ['so'] })).to.equal(`CrashAlertRoute dogwatch-system/crashes, spec.routes:
+ {name: payments, namespaces: {names: [payments]}, receivers: [{name: slack, slack: {channel: "#pay"}}]}
so.
`)
  })

  it('changes the line of that namespace alone in its place where none before it counts, and leaves its name', () => {
    const routes = [line('rest', { names: ['a', 'b'] }), line('team-pay', { names: ['payments'] })]
    const edit = setLine(aSpec({ routes }), payments, [slack('#pay')])
    expect(edit.patch?.routes).to.deep.equal([routes[0], line('team-pay', { names: ['payments'] }, '#pay')])
    expect(text(edit, true)).to.match(
      /^.*:\n- \{name: team-pay.*#all.*\n\+ \{name: team-pay.*#pay.*\nNothing was changed: --dry-run\.\n$/,
    )
  })

  const own = line('team-pay', { names: ['payments'] })
  const others = line('others', { names: ['a', 'b'] })
  const counting = {
    'counts for payments too': [
      line('rest', { names: ['a', 'payments'] }),
      line('all', {}),
      line('empty', { names: [] }),
    ],
    'may count for payments too': [
      line('gold', { selector: { matchLabels: { tier: 'gold' } } }),
      line('both', { names: ['payments'], selector: { matchLabels: { tier: 'gold' } } }),
    ],
  }
  for (const [why, lines] of Object.entries(counting)) {
    for (const first of lines) {
      it(`moves the line of that namespace before line ${first.name}, which ${why}`, () => {
        const edit = setLine(aSpec({ routes: [others, first, line('all', {}), own] }), payments, [slack('#pay')])
        const after = { ...own, receivers: [slack('#pay')] }
        expect(edit.patch?.routes).to.deep.equal([others, after, first, line('all', {})])
        expect(text(edit)).to.match(/\n- \{name: team-pay.*#all.*\n\+ \{name: team-pay.*#pay/)
        expect(text(edit)).to.include(`\nLine team-pay moves before line ${first.name}, which ${why}.\n`)
        const same = setLine(aSpec({ routes: [first, own] }), payments, own.receivers)
        expect(same.patch?.routes, 'receivers as they were').to.deep.equal([own, first])
        const again = setLine(aSpec({ routes: edit.patch?.routes }), payments, [slack('#pay')])
        expect(again, 'once it stands there').not.to.have.property('patch')
      })
    }
  }

  it('leaves the line in its place where the labels of the namespace show that none before it counts', () => {
    const gold = line('gold', { selector: { matchLabels: { tier: 'gold' } } })
    const set = (labels: Record<string, string>) =>
      setLine(aSpec({ routes: [gold, own] }), { ...payments, labels }, [slack('#pay')])
    const after = { ...own, receivers: [slack('#pay')] }
    expect(set({ tier: 'silver' }).patch?.routes).to.deep.equal([gold, after])
    expect(set({ tier: 'gold' }).patch?.routes).to.deep.equal([after, gold])
    expect(set({ tier: 'gold' }).effects).to.deep.equal([
      'Line team-pay moves before line gold, which counts for payments too',
    ])
  })

  it('leaves a line as it is that says so already', () => {
    const edit = setLine(aSpec({ routes: [line('p', { names: ['p'] })] }), { name: 'p' }, [slack('#all')])
    expect(edit).not.to.have.property('patch')
    expect(text({ ...edit, effects: ['so'] })).to.equal(
      'CrashAlertRoute dogwatch-system/crashes stays as it is.\nso.\n',
    )
  })

  it('finds a name that no line has', () => {
    const routes = [line('p', { names: ['x'] }), line('p-2', { names: ['y'] })]
    expect(setLine(aSpec({ routes }), { name: 'p' }, [slack('#p')]).patch?.routes?.[0]?.name).to.equal('p-3')
    const long = 'n'.repeat(63)
    const named =
      setLine(aSpec({ routes: [line(long, { names: ['x'] })] }), { name: long }, [slack('#p')]).patch?.routes ?? []
    expect(crashAlertRoute.spec.safeParse({ routes: named }).error).to.equal(undefined)
  })

  it('removes a line, and the list with its last', () => {
    const routes = [line('a', { names: ['a', 'b'] }), line('c', {})]
    const edit = removeLine(aSpec({ routes }), 'a')
    expect(edit.patch?.routes).to.deep.equal([routes[1]])
    expect(edit.effects.join()).to.match(/^Crashes of a, b go where the next line that matches says/)
    expect(removeLine(aSpec({ routes: [line('c', {})] }), 'c').patch?.routes).to.equal(null)
    expect(() => removeLine(aSpec({ routes }), 'x')).to.throw('the route has no line x: it has a, c')
    expect(() => removeLine(aSpec({}), 'x')).to.throw('the route has no line x: it has none')
  })
})

describe('muting', () => {
  it('adds an entry behind those that are there, and none twice', () => {
    const spec = aSpec({ ignore: [{ namespace: 'x' }] })
    const request = { namespace: 'dev', container: 'app', exitCodes: [143, 1] }
    const edit = mute(spec, request)
    expect(edit.patch?.ignore).to.deep.equal([{ namespace: 'x' }, { ...request, exitCodes: [1, 143] }])
    expect(text(edit)).to.equal(`CrashAlertRoute dogwatch-system/crashes, spec.ignore:
+ {namespace: dev, container: app, exitCodes: [1, 143]}
Crashes of container app in namespace dev, with exit code 1 or 143 are not told any more; they are kept in the history.
`)
    const again = aSpec({ ignore: [{ exitCodes: [143, 1], container: 'app', namespace: 'dev' }] })
    expect(mute(again, request)).not.to.have.property('patch')
    expect(text(mute(again, request))).to.match(/stays as it is\.\n.* are muted already\.\n$/)
  })

  it('ends by the same words, and by no others', () => {
    const ignore = [{ namespace: 'dev', pod: 'load-*' }, { namespace: 'dev' }]
    expect(unmute(aSpec({ ignore }), { namespace: 'dev' }).patch?.ignore).to.deep.equal([ignore[0]])
    expect(unmute(aSpec({ ignore: [ignore[1]] }), { namespace: 'dev' }).patch?.ignore).to.equal(null)
    expect(() => unmute(aSpec({ ignore }), { namespace: 'dev', pod: 'load' })).to.throw(/exactly this: .*pods load/)
    expect(() => unmute(aSpec({}), { namespace: 'dev' })).to.throw('`routes list --muted` shows what is muted')
  })

  it('ends as the list shows it: a * says the same as nothing, and exit codes can be said in any order', () => {
    const entries = [
      { entry: { pod: 'load-*', exitCodes: [143] }, said: { namespace: '*', pod: 'load-*', exitCodes: [143] } },
      { entry: { namespace: 'dev', container: '*' }, said: { namespace: 'dev', pod: '*' } },
      { entry: { reason: 'Error', exitCodes: [2, 1] }, said: { namespace: '*', reason: 'Error', exitCodes: [1, 2] } },
      { entry: { namespace: 'dev', exitCodes: [] }, said: { namespace: 'dev' } },
    ] as const
    for (const { entry, said } of entries) {
      const others = [{ namespace: 'web' }, { pod: 'load' }]
      const edit = unmute(aSpec({ ignore: [...others, entry] }), said)
      expect(edit.patch?.ignore).to.deep.equal(others)
    }
    expect(mute(aSpec({ ignore: [{ pod: 'x' }] }), { namespace: '*', pod: 'x' })).not.to.have.property('patch')
    const nothing = aSpec({ ignore: [{ namespace: 'dev', exitCodes: [] }] })
    expect(mute(nothing, { namespace: 'dev' }), 'it mutes nothing').to.have.property('patch')
    expect(() => unmute(aSpec({ ignore: [{ pod: 'x', exitCodes: [1, 2] }] }), { namespace: '*', pod: 'x' })).to.throw()
  })

  it('ends for all entries that say the same', () => {
    const ignore = [{ namespace: 'dev' }, { namespace: 'web' }, { namespace: 'dev', pod: '*' }]
    const edit = unmute(aSpec({ ignore }), { namespace: 'dev' })
    expect(edit.patch?.ignore).to.deep.equal([ignore[1]])
    expect(text(edit)).to.equal(`CrashAlertRoute dogwatch-system/crashes, spec.ignore:
- {namespace: dev}
- {namespace: dev, pod: "*"}
Crashes in namespace dev are told again.
`)
  })

  it('says so where a wider entry goes on', () => {
    const narrow = { namespace: 'dev', pod: 'load-*', exitCodes: [143] }
    const effectsBeside = (other: object) => unmute(aSpec({ ignore: [narrow, other] }), narrow).effects.join()
    for (const wider of [{ namespace: 'd*' }, { pod: 'load*' }, { exitCodes: [1, 143] }, { container: '*' }]) {
      expect(effectsBeside(wider)).to.match(/stay untold all the same, because another entry is wider: Crashes /)
    }
    for (const other of [
      { namespace: 'web' },
      { pod: 'load-1' },
      { reason: 'Error' },
      { exitCodes: [1] },
      { container: 'app' },
    ]) {
      expect(effectsBeside(other)).to.match(/are told again$/)
    }
  })

  it('is said in words', () => {
    expect(muteText({ pod: 'load-*', reason: 'Error', exitCodes: [143] })).to.equal(
      'Crashes in namespace *, pods load-*, with Error and exit code 143',
    )
  })
})
