/** What every engine of the crash history holds to. */
import { expect } from 'chai'
import type { CrashRecord } from '../../src/model/crash.ts'
import type { CrashFilter, CrashHistory, CrashPosition, CrashQuery } from '../../src/store/crash-history.ts'
import { aCrash, aFullCrash, firstCrashMs, logOf, numberedCrash } from './crash-records.ts'

export interface CrashEngine {
  /** A history on the engine's one store; called twice it gives two that share it, as two processes do. */
  open(): CrashHistory | Promise<CrashHistory>
  /** Empties the store. */
  clear(): Promise<void>
  /** Where what was written can be found only after a while: resolves when it can. */
  settle?(): Promise<void>
}

const dayMs = 24 * 60 * 60_000
const everything = { maxAgeMs: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER }

/** Declares the suite; `engine` is asked when tests run. */
export function itIsACrashHistory(engine: () => CrashEngine): void {
  const opened: CrashHistory[] = []
  let history: CrashHistory

  async function open(): Promise<CrashHistory> {
    const another = await engine().open()
    opened.push(another)
    return another
  }

  async function write(records: readonly CrashRecord[]): Promise<void> {
    expect(await history.write(records)).to.deep.equal([])
    await engine().settle?.()
  }

  async function idsOf(filter: Partial<CrashQuery>): Promise<string[]> {
    return (await history.find({ limit: 1_000, ...filter })).map(({ id }) => id)
  }

  beforeEach(async () => {
    await engine().clear()
    history = await open()
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close()
  })

  it('is empty at first', async () => {
    expect(await history.find({ limit: 10 })).to.deep.equal([])
    expect(await history.find({ limit: 10, text: 'anything', namespaces: ['shop'] })).to.deep.equal([])
    expect(await history.get('nobody')).to.equal(undefined)
    expect(await history.top('workload', {}, 10)).to.deep.equal([])
    expect(await history.namespaces()).to.deep.equal([])
    expect(await history.prune({ maxAgeMs: 1, maxBytes: 1_048_576 }, firstCrashMs)).to.equal(0)
    expect(await history.write([])).to.deep.equal([])
  })

  it('gives back what it was given, letter by letter', async () => {
    const small = aCrash({ id: 'bare', pod: undefined, container: undefined, node: undefined, exitCode: undefined })
    await write([aFullCrash(), small])
    expect(await history.get('aaaa0000')).to.deep.equal(aFullCrash())
    expect(await history.get('bare')).to.deep.equal(small)
    const { log: _, ...rest } = aFullCrash()
    const found = await history.find({ limit: 10 })
    expect(found).to.deep.equal([
      { ...small, hasLog: false },
      { ...rest, hasLog: true },
    ])
  })

  it('keeps a crash once, however often and by whomever it is written', async () => {
    const other = await open()
    const crash = aFullCrash()
    await Promise.all([history.write([crash, crash]), other.write([crash]), history.write([crash])])
    await other.write([crash, numberedCrash(1)])
    await write([crash])
    expect((await idsOf({})).sort()).to.deep.equal(['aaaa0000', 'crash000001'])
    expect(await history.top('namespace', {}, 10)).to.deep.include({
      ...{ value: 'shop', crashes: 3 },
      ...{ firstMs: firstCrashMs, lastMs: firstCrashMs + 1_000 },
    })
    expect(await idsOf({ text: 'Ärger' })).to.deep.equal(['aaaa0000'])
  })

  it('names what it will never take, and takes the rest', async () => {
    const refused = await history.write([
      ...[numberedCrash(1), numberedCrash(2, { atMs: Number.NaN }), numberedCrash(3, { atMs: -1 })],
      ...[aCrash({ id: 'with space' }), aCrash({ id: '' }), numberedCrash(4)],
    ])
    await engine().settle?.()
    expect(refused.map(({ id }) => id)).to.have.members(['crash000002', 'crash000003', 'with space', ''])
    expect(refused.every(({ why }) => why !== '')).to.equal(true)
    expect(await idsOf({})).to.deep.equal(['crash000004', 'crash000001'])
  })

  it('is whole after it was closed and opened', async () => {
    await history.write(Array.from({ length: 50 }, (_, n) => numberedCrash(n, { log: logOf(`line ${n}`) })))
    await history.close()
    history = await open()
    await engine().settle?.()
    expect(await idsOf({})).to.have.length(50)
    expect(await idsOf({ text: 'line 17' })).to.deep.equal(['crash000017'])
  })

  it('takes many at once, and logs of 64 KiB', async () => {
    const large = `${'ä'.repeat(30)} and so on\n`
    const log = logOf(large.repeat(1_600))
    await write([
      ...Array.from({ length: 900 }, (_, n) => numberedCrash(n, { log: logOf(`short ${n}`) })),
      ...Array.from({ length: 20 }, (_, n) => numberedCrash(1_000 + n, { log })),
    ])
    expect(await idsOf({})).to.have.length(920)
    expect((await history.get('crash001019'))?.log).to.deep.equal(log)
    expect(await idsOf({ text: 'so on' })).to.have.length(20)
  })

  describe('order and pages', () => {
    /** Forty crashes at each of six moments: a node's clock counts seconds only. */
    const crashes = Array.from({ length: 240 }, (_, n) => {
      const id = `c${((n * 7_919) % 10_007).toString(36).padStart(4, '0')}`
      const namespace = n % 3 === 0 ? 'bank' : 'shop'
      return aCrash({ id, namespace, atMs: firstCrashMs + Math.floor(n / 40) * 1_000, log: logOf('same words') })
    })
    const sorted = [...crashes].sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1))

    async function pages(filter: CrashFilter, limit: number, between = async (_: number) => undefined as unknown) {
      const ids: string[] = []
      let after: CrashPosition | undefined
      for (let round = 0; round < 300; round += 1) {
        const page = await history.find({ ...filter, limit, ...(after === undefined ? {} : { after }) })
        const last = page.at(-1)
        if (last === undefined) return ids
        expect(page.length).to.be.at.most(limit)
        ids.push(...page.map(({ id }) => id))
        after = { atMs: last.atMs, id: last.id }
        await between(round)
      }
      throw new Error('it has no last page')
    }

    beforeEach(() => write(crashes))

    it('runs from newer to older, at the same moment by id downwards', async () => {
      expect(await idsOf({})).to.deep.equal(sorted.map(({ id }) => id))
      expect(await idsOf({ limit: 3 })).to.deep.equal(sorted.slice(0, 3).map(({ id }) => id))
      expect(await idsOf({ text: 'words' })).to.deep.equal(sorted.map(({ id }) => id))
    })

    for (const filter of [
      {},
      { namespaces: ['bank'] },
      { text: '"same words"' },
      { text: 'words', namespaces: ['bank'] },
    ]) {
      it(`has no gap and no repeat between pages of ${JSON.stringify(filter)}`, async () => {
        const expected = sorted.filter(({ namespace }) => !('namespaces' in filter) || namespace === 'bank')
        for (const limit of [7, 40]) expect(await pages(filter, limit)).to.deep.equal(expected.map(({ id }) => id))
      })
    }

    it('pages on while others come', async () => {
      const later = (n: number) => aCrash({ id: `d${n}`, atMs: firstCrashMs + 60_000 + n })
      const ids = await pages({}, 50, (n) => history.write([later(n)]))
      expect(ids).to.deep.equal(sorted.map(({ id }) => id))
    })

    it('goes on after a place where nothing is any more', async () => {
      const after = { atMs: firstCrashMs + 500, id: 'gone' }
      const expected = sorted.filter(({ atMs }) => atMs === firstCrashMs)
      expect(await idsOf({ after })).to.deep.equal(expected.map(({ id }) => id))
      expect(await idsOf({ after: { atMs: 0, id: 'a' } })).to.deep.equal([])
    })
  })

  describe('filters', () => {
    beforeEach(() =>
      write([
        numberedCrash(0),
        numberedCrash(1, {
          ...{ namespace: 'bank', workload: { kind: 'StatefulSet', namespace: 'bank', name: 'db' }, node: 'node-2' },
          ...{ pod: { name: 'db-0', uid: 'u1' }, container: { name: 'postgres', role: 'app' }, reason: 'OOMKilled' },
        }),
        numberedCrash(2, { workload: { kind: 'Job', namespace: 'shop', name: 'api' }, reason: 'JobFailed' }),
        numberedCrash(3, { workload: { kind: 'Deployment', namespace: 'shop', name: 'api-2' }, node: 'node-10' }),
        numberedCrash(4, { container: { name: 'proxy', role: 'sidecar' }, reason: 'ProbeKilled' }),
      ]),
    )
    const cases: readonly (readonly [string, CrashFilter, readonly number[]])[] = [
      ['from a time, inclusive', { fromMs: firstCrashMs + 3_000 }, [4, 3]],
      ['to a time, exclusive', { toMs: firstCrashMs + 1_000 }, [0]],
      ['between times', { fromMs: firstCrashMs + 1_000, toMs: firstCrashMs + 3_000 }, [2, 1]],
      ['from long before any calendar', { fromMs: -1e17 }, [4, 3, 2, 1, 0]],
      ['to long after all of them', { fromMs: firstCrashMs + 3_000, toMs: 1e17 }, [4, 3]],
      ['before all time', { fromMs: -2e17, toMs: -1e17 }, []],
      ['no time at all', { fromMs: firstCrashMs, toMs: firstCrashMs }, []],
      ['a namespace', { namespaces: ['bank'] }, [1]],
      ['several namespaces, one of them hostile', { namespaces: ['bank', 'shop', "x' OR 1=1"] }, [4, 3, 2, 1, 0]],
      ['no namespaces', { namespaces: [] }, []],
      ['a part of a namespace', { namespaces: ['sho'] }, []],
      ['a workload by its name', { workload: { name: 'api' } }, [4, 2, 0]],
      ['a workload by name and kind, in any case', { workload: { kind: 'deployment', name: 'api' } }, [4, 0]],
      ['a workload that there is not', { workload: { kind: 'DaemonSet', name: 'api' } }, []],
      ['a pod', { pod: 'db-0' }, [1]],
      ['a container', { container: 'proxy' }, [4]],
      ['a node', { node: 'node-1' }, [4, 2, 0]],
      ['reasons', { reasons: ['OOMKilled', 'JobFailed'] }, [2, 1]],
      ['no reasons', { reasons: [] }, []],
      ['all together', { namespaces: ['shop'], reasons: ['Error'], node: 'node-1', container: 'app' }, [0]],
      ['all together, and a text', { namespaces: ['shop'], reasons: ['Error'], text: 'application exit' }, [3, 0]],
    ]
    for (const [what, filter, expected] of cases) {
      it(`asks for ${what}`, async () => {
        expect(await idsOf(filter)).to.deep.equal(expected.map((n) => `crash00000${n}`))
      })
    }
  })

  describe('text', () => {
    const texts: Readonly<Record<string, Partial<CrashRecord>>> = {
      trace: {
        log: logOf('java.net.ConnectException: Connection refused (10.0.0.7:5432)\n\tat com.shop.Cart_Item.save'),
      },
      order: { log: logOf('refused the connection') },
      parts: { log: logOf('connections refusedly near a b or not and') },
      lines: { log: logOf('ended: connection\nREFUSED\n') },
      words: { message: 'no space left on device', cause: 'ended with exit code 28' },
      grüße: { log: logOf('ÜBERGRÖSSE überschritten, Grüße 🐶 поток данных прерван 接続 100%_done') },
      quiet: { cause: 'ended with exit code 7' },
    }
    const names = Object.keys(texts)
    beforeEach(() => write(names.map((name, n) => numberedCrash(n, { cause: 'silent', ...texts[name] }))))

    async function found(text: string): Promise<string[]> {
      return (await idsOf({ text })).map((id) => names[Number(id.slice(5))] ?? id)
    }

    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['refused connection', ['lines', 'order', 'trace']],
      ['"connection refused"', ['lines', 'trace']],
      ['"CONNECTION   refused"', ['lines', 'trace']],
      ['"refused connection"', []],
      ['"connection refused', ['lines', 'trace']],
      ['cart_item', ['trace']],
      ['item cart', ['trace']],
      ['com.shop.Cart', ['trace']],
      ['10.0.0.7:5432', ['trace']],
      ['"10 0 0 7"', ['trace']],
      ['connect', []],
      ['connection*', ['lines', 'order', 'trace']],
      ['connec*', []],
      ['con_ection', []],
      ['connec%', []],
      ['device 28', ['words']],
      ['"device ended"', []],
      ['exit code', ['quiet', 'words']],
      ['übergrösse', ['grüße']],
      ['GRÜßE', ['grüße']],
      ['Поток ДАННЫХ', ['grüße']],
      ['接続', ['grüße']],
      ['100', ['grüße']],
      ['done 100 %', ['grüße']],
      ['near', ['parts']],
      ['NEAR(a b)', ['parts']],
      ['a OR b', ['parts']],
      ['b NOT a', ['parts']],
      ['refused NOT connection', []],
      ['refused OR device', []],
      ['-refused', ['lines', 'order', 'trace']],
      ['log:refused', []],
      ["refused' OR '1'='1", []],
      ['refused; DROP TABLE crashes; --', []],
      ['refused\u0000 connection', ['lines', 'order', 'trace']],
      ['🐶 refused', ['lines', 'order', 'trace']],
      ['\ud83d refused \udc36', ['lines', 'order', 'trace']],
      ['', []],
      ['   ', []],
      ['%', []],
      ['_', []],
      ['*', []],
      ['"', []],
      ['""', []],
      ['"""', []],
      [`'"*?()[]{}^~:\\/+-|&!<>=@#$%,.;`, []],
      ['🐶', []],
    ]
    for (const [text, expected] of cases) {
      it(`finds ${expected.length === 0 ? 'nothing' : expected.join(', ')} by ${JSON.stringify(text)}`, async () => {
        expect(await found(text)).to.deep.equal(expected)
      })
    }

    it('is not brought down by a text of any length', async () => {
      for (const part of ['refused ', '"', '(', 'x', '* ', '"a" OR ', 'ü']) await found(part.repeat(100_000))
      expect(await found('refused '.repeat(20_000))).to.deep.equal(['lines', 'order', 'trace'])
    })

    it('shows what stands around it, where the log has it', async () => {
      const long = `${'before '.repeat(500)}the Needle is here${' after'.repeat(500)}`
      await write([
        numberedCrash(50, { log: logOf(long) }),
        numberedCrash(51, { log: logOf('x'), cause: 'the needle' }),
      ])
      const [elsewhere, here] = await history.find({ text: 'needle the', limit: 10 })
      expect(elsewhere?.snippet).to.equal(undefined)
      expect(here?.snippet).to.include('Needle is here')
      expect(here?.snippet?.length).to.be.at.most(200)
      expect((await history.find({ limit: 1 }))[0]).not.to.have.property('snippet')
    })
  })

  describe('one crash', () => {
    beforeEach(() => write(['abc', 'abcd', 'abcde', 'xyz1', 'xyz2'].map((id, n) => numberedCrash(n, { id }))))

    it('is found by its id, or by a beginning that no other has', async () => {
      for (const id of ['abc', 'abcd', 'abcde', 'xyz1']) expect((await history.get(id))?.id).to.equal(id)
      await write([numberedCrash(9, { id: 'unique0123456789' })])
      expect((await history.get('un'))?.id).to.equal('unique0123456789')
    })

    it('is not found by what several have, or nobody, or by a trick', async () => {
      for (const id of [
        'xyz',
        'ab',
        'nobody',
        '',
        '%',
        '_',
        '*',
        'xyz_',
        'xyz?',
        'ABC',
        "' OR '1'='1",
        'x'.repeat(5_000),
      ])
        expect(await history.get(id)).to.equal(undefined)
    })
  })

  describe('what crashes most', () => {
    beforeEach(async () => {
      const workload = (name: string, kind = 'Deployment') => ({ kind, namespace: 'shop', name })
      const image = (name: string) => ({ container: { name: 'app', role: 'app' as const, image: name } })
      await write([
        ...Array.from({ length: 6 }, (_, n) => numberedCrash(n, { workload: workload('api'), ...image('api:1') })),
        numberedCrash(6, {
          workload: workload('cart'),
          crashes: 9,
          node: 'node-2',
          reason: 'OOMKilled',
          ...image('cart:2'),
        }),
        numberedCrash(7, {
          workload: workload('api', 'Job'),
          reason: 'JobFailed',
          pod: undefined,
          container: undefined,
        }),
        numberedCrash(8, { namespace: 'bank', workload: { ...workload('api'), namespace: 'bank' }, node: undefined }),
      ])
    })
    const at = (n: number) => firstCrashMs + n * 1_000
    const rows = async (
      ...[by, filter = {}, limit = 10]: Parameters<CrashHistory['top']> | [Parameters<CrashHistory['top']>[0]]
    ) => (await history.top(by, filter, limit)).map(({ value, crashes }) => `${value} ${crashes}`)

    it('is counted by workload, with when it began and when it was last', async () => {
      expect(await history.top('workload', {}, 10)).to.deep.equal([
        { value: 'shop/Deployment/cart', crashes: 9, firstMs: at(6), lastMs: at(6) },
        { value: 'shop/Deployment/api', crashes: 6, firstMs: at(0), lastMs: at(5) },
        { value: 'bank/Deployment/api', crashes: 1, firstMs: at(8), lastMs: at(8) },
        { value: 'shop/Job/api', crashes: 1, firstMs: at(7), lastMs: at(7) },
      ])
    })

    it('is counted by anything else', async () => {
      expect(await rows('namespace')).to.deep.equal(['shop 16', 'bank 1'])
      expect(await rows('reason')).to.deep.equal(['OOMKilled 9', 'Error 7', 'JobFailed 1'])
      expect(await rows('node')).to.deep.equal(['node-2 9', 'node-1 7'])
      expect(await rows('image')).to.deep.equal(['cart:2 9', 'api:1 6', 'registry.example/api:1.4 1'])
    })

    it('is counted among what the filter leaves', async () => {
      expect(await rows('workload', {}, 2)).to.deep.equal(['shop/Deployment/cart 9', 'shop/Deployment/api 6'])
      expect(await rows('workload', { namespaces: ['bank'] }, 10)).to.deep.equal(['bank/Deployment/api 1'])
      expect(await rows('reason', { fromMs: at(5), toMs: at(7) }, 10)).to.deep.equal(['OOMKilled 9', 'Error 1'])
      expect(await rows('namespace', { text: 'application', reasons: ['Error'] }, 10)).to.deep.equal([
        'shop 6',
        'bank 1',
      ])
      expect(await rows('namespace', { namespaces: [] }, 10)).to.deep.equal([])
      expect(await rows('namespace', { text: '*' }, 10)).to.deep.equal([])
    })
  })

  it('knows the namespaces that have crashes, sorted', async () => {
    await write(['b', 'a', 'b', 'c-1'].map((namespace, n) => numberedCrash(n, { namespace })))
    expect(await history.namespaces()).to.deep.equal(['a', 'b', 'c-1'])
  })

  describe('retention', () => {
    it('removes what happened too long ago, from everywhere', async () => {
      const nowMs = firstCrashMs + 100 * dayMs
      const old = { atMs: nowMs - 9 * dayMs, log: logOf('ancient words') }
      const recent = { atMs: nowMs - 6 * dayMs, log: logOf('recent words') }
      await write([
        ...Array.from({ length: 700 }, (_, n) => numberedCrash(n, { ...old, namespace: 'gone' })),
        ...Array.from({ length: 20 }, (_, n) => numberedCrash(1_000 + n, recent)),
      ])
      expect(await history.prune({ ...everything, maxAgeMs: 10 * dayMs }, nowMs)).to.equal(0)
      expect(await history.prune({ ...everything, maxAgeMs: 8 * dayMs }, nowMs)).to.equal(700)
      await engine().settle?.()
      expect(await idsOf({ text: 'words' })).to.have.length(20)
      expect(await idsOf({ text: 'ancient' })).to.deep.equal([])
      expect(await idsOf({ namespaces: ['gone'] })).to.deep.equal([])
      expect(await history.get('crash000001')).to.equal(undefined)
      expect(await history.namespaces()).to.deep.equal(['shop'])
      expect((await history.top('namespace', {}, 10)).map(({ crashes }) => crashes)).to.deep.equal([20])
      await write([numberedCrash(1, { ...recent, id: 'crash000001' })])
      expect(await idsOf({ text: 'recent' })).to.have.length(21)
    })

    it('removes the oldest until it is small enough', async () => {
      const crashes = Array.from({ length: 1_500 }, (_, n) => {
        const atMs = firstCrashMs + Math.floor(n / 50) * dayMs + n
        return numberedCrash(n, { atMs, log: logOf(noise(n, 8_000)) })
      })
      for (let start = 0; start < crashes.length; start += 250) await write(crashes.slice(start, start + 250))
      const removed = await history.prune({ ...everything, maxBytes: 8 * 1024 * 1024 }, firstCrashMs)
      await engine().settle?.()
      expect(removed).to.be.within(300, 1_450)
      const left = crashes.slice(removed).map(({ id }) => id)
      const pages: string[] = []
      for (let last: CrashPosition | undefined; ; ) {
        const page = await history.find({ limit: 500, ...(last === undefined ? {} : { after: last }) })
        pages.push(...page.map(({ id }) => id))
        last = page.at(-1)
        if (last === undefined) break
      }
      expect(pages).to.deep.equal([...left].reverse())
      expect(await history.prune({ ...everything, maxBytes: 8 * 1024 * 1024 }, firstCrashMs)).to.equal(0)
    })
  })
}

/** Words that no compression makes small, the same for the same seed. */
function noise(seed: number, characters: number): string {
  let state = seed * 2_654_435_761 + 1
  let text = ''
  while (text.length < characters) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += `${state.toString(36)} `
  }
  return text
}
