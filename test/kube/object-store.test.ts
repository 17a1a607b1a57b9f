import { expect } from 'chai'
import fc from 'fast-check'
import { ConsumerFeed } from '../../src/kube/consumer-feed.ts'
import { type AnyFeed, ObjectStore } from '../../src/kube/object-store.ts'
import type { KubeObject } from '../../src/kube/resource.ts'
import { type Kept, Mirror } from '../support/watch-lab.ts'

function makeObject(name: string, uid: string, revision: number, note = ''): KubeObject {
  return { metadata: { namespace: 'n', name, uid, resourceVersion: String(revision) }, note }
}

const bytes = (object: KubeObject) => Buffer.from(JSON.stringify(object))

/** A store with one consumer that is there from the start. */
function createStore() {
  const feeds = new Set<AnyFeed>()
  const store = new ObjectStore(feeds)
  const addFeed = () => {
    const mirror = new Mirror()
    const errors: unknown[] = []
    const options = { onConsumerError: (_name: string, error: unknown) => errors.push(error), onStop: () => {} }
    const feed = new ConsumerFeed<Kept>(mirror, options)
    feeds.add(feed)
    return { feed, mirror, errors }
  }
  const sync = (objects: Iterable<KubeObject>) => {
    store.beginSync()
    for (const object of objects) store.stage(object, bytes(object))
    return store.commitSync()
  }
  const tell = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject) =>
    store.apply({ type, object, raw: bytes(object) })
  return { store, feeds, addFeed, sync, tell }
}

describe('ObjectStore', () => {
  it('tells nothing of a complete state before it is complete', () => {
    const { store, addFeed } = createStore()
    const { feed, mirror } = addFeed()
    store.beginSync()
    const object = makeObject('a', 'u1', 1)
    store.stage(object, bytes(object))
    expect(feed.size).to.equal(0)
    expect(mirror.changes).to.deep.equal([])
    store.commitSync()
    expect(feed.isSynced).to.equal(true)
    expect(mirror.changesOf('n/a')).to.deep.equal(['added'])
  })

  it('tells of a second complete state only what differs', () => {
    const { addFeed, sync } = createStore()
    const { mirror } = addFeed()
    sync([
      makeObject('same', 'u1', 1),
      makeObject('changed', 'u2', 2),
      makeObject('gone', 'u3', 3),
      makeObject('replaced', 'u4', 4),
    ])
    mirror.changes.length = 0
    const result = sync([
      makeObject('same', 'u1', 1),
      makeObject('changed', 'u2', 7),
      makeObject('replaced', 'u5', 8),
      makeObject('new', 'u6', 9),
    ])
    expect(result).to.deep.equal({ added: 1, updated: 2, deleted: 1, unchanged: 1 })
    expect(mirror.changes.map(({ key, type }) => `${key} ${type}`)).to.have.members([
      'n/gone deleted',
      'n/changed updated',
      'n/replaced deleted',
      'n/replaced added',
      'n/new added',
    ])
    expect(mirror.mistakes).to.deep.equal([])
  })

  it('finds other content under the same uid and resourceVersion', () => {
    const { addFeed, sync } = createStore()
    const { mirror } = addFeed()
    sync([makeObject('a', 'u1', 5, 'before')])
    sync([makeObject('a', 'u1', 5, 'after')])
    expect(mirror.changesOf('n/a')).to.deep.equal(['added', 'updated'])
  })

  it('drops what an attempt gathered that was not committed', () => {
    const { store, addFeed, sync } = createStore()
    const { feed, mirror } = addFeed()
    sync([makeObject('a', 'u1', 1)])
    store.beginSync()
    const stray = makeObject('stray', 'u2', 2)
    store.stage(stray, bytes(stray))
    sync([makeObject('a', 'u1', 1)])
    expect([...feed.entries()].map(([key]) => key)).to.deep.equal(['n/a'])
    expect(mirror.changesOf('n/stray')).to.deep.equal([])
  })

  it('ignores repeats, older states and the deletion of an earlier object of the name', () => {
    const { addFeed, sync, tell } = createStore()
    const { mirror } = addFeed()
    sync([makeObject('a', 'u1', 5)])
    expect(tell('MODIFIED', makeObject('a', 'u1', 5))).to.equal(false)
    expect(tell('MODIFIED', makeObject('a', 'u1', 4, 'older'))).to.equal(false)
    expect(tell('DELETED', makeObject('a', 'u0', 9))).to.equal(false)
    expect(tell('DELETED', makeObject('b', 'u9', 9))).to.equal(false)
    expect(mirror.changesOf('n/a')).to.deep.equal(['added'])
  })

  it('tells an object replaced under its name as deleted and added', () => {
    const { addFeed, sync, tell } = createStore()
    const { mirror } = addFeed()
    sync([makeObject('a', 'u1', 5)])
    tell('ADDED', makeObject('a', 'u2', 6))
    expect(mirror.changesOf('n/a')).to.deep.equal(['added', 'deleted', 'added'])
    expect(mirror.mistakes).to.deep.equal([])
  })

  it('keeps what it had of an object whose projection throws', () => {
    const { feeds, sync, tell } = createStore()
    const errors: unknown[] = []
    const changes: string[] = []
    const feed = new ConsumerFeed<string>(
      {
        name: 'picky',
        project: (object) => {
          if (object.note === 'bad') throw new Error('cannot')
          return String(object.note)
        },
        onChange: ({ key, type }) => changes.push(`${key} ${type}`),
      },
      { onConsumerError: (_name, error) => errors.push(error), onStop: () => {} },
    )
    feeds.add(feed)
    sync([makeObject('a', 'u1', 1, 'good'), makeObject('b', 'u2', 2, 'bad')])
    tell('MODIFIED', makeObject('a', 'u1', 3, 'bad'))
    expect([...feed.entries()]).to.deep.equal([['n/a', 'good']])
    expect(errors.length).to.equal(2)
    expect(changes).to.deep.equal(['n/a added'])
  })
})

/** What may happen next; `name` picks an object. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), name: fc.nat(4), note: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replace' as const), name: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), name: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), name: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lag' as const), events: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const), keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A cluster that changes, and a store that hears of it in order: at once, late, twice, or only by a complete state. */
class Play {
  readonly #parts = createStore()
  readonly #objects = new Map<number, KubeObject>()
  readonly consumers = [this.#parts.addFeed()]
  #revision = 1
  /** Events that the stream has not told yet, and how many more it will hold back. */
  #held: (() => void)[] = []
  #lag = 0

  constructor() {
    this.#parts.sync([])
  }

  take(next: Step): void {
    if (next.do === 'put') this.#put(next.name, this.#objects.get(next.name)?.metadata.uid, `note ${next.note}`)
    if (next.do === 'replace') {
      this.#remove(next.name)
      this.#put(next.name, undefined, 'new')
    }
    if (next.do === 'remove') this.#remove(next.name)
    if (next.do === 'repeat') this.#repeat(next.name)
    if (next.do === 'lag') this.#lag = next.events
    if (next.do === 'sync') this.#sync(next.keep)
    if (next.do === 'join') this.#join()
  }

  /** Whatever was missed comes back with a complete state. */
  end(): Map<string, string> {
    this.#sync(true)
    return new Map(
      [...this.#objects.values()].map((object) => [`n/${object.metadata.name}`, object.metadata.resourceVersion]),
    )
  }

  #put(name: number, uid: string | undefined, note: string): void {
    this.#revision += 1
    const object = makeObject(`o${name}`, uid ?? `u${this.#revision}`, this.#revision, note)
    this.#objects.set(name, object)
    this.#tell(uid === undefined ? 'ADDED' : 'MODIFIED', object)
  }

  #remove(name: number): void {
    const object = this.#objects.get(name)
    if (object === undefined) return
    this.#revision += 1
    this.#objects.delete(name)
    this.#tell('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } })
  }

  #repeat(name: number): void {
    const object = this.#objects.get(name)
    if (object !== undefined) this.#tell('MODIFIED', object)
  }

  #tell(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    this.#held.push(() => this.#parts.tell(type, object))
    this.#lag -= 1
    if (this.#lag >= 0) return
    for (const event of this.#held) event()
    this.#held = []
  }

  #sync(keep: boolean): void {
    const { store } = this.#parts
    store.beginSync()
    for (const object of this.#objects.values()) store.stage(object, bytes(object))
    if (keep) store.commitSync()
    if (keep) this.#held = []
  }

  /** As a reflector serves a late consumer: a list beside the stream. */
  #join(): void {
    const consumer = this.#parts.addFeed()
    this.consumers.push(consumer)
    consumer.feed.beginStage()
    const listed = [...this.#objects.values()]
    this.#put(0, this.#objects.get(0)?.metadata.uid, 'while joining')
    this.#remove(1)
    for (const object of listed) this.#parts.store.stageListed(consumer.feed, object, bytes(object))
    consumer.feed.commitListed()
  }
}

describe('ObjectStore, whatever happens', () => {
  it('tells every consumer changes that add up to the cluster', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const play = new Play()
        for (const next of steps) play.take(next)
        const truth = play.end()
        for (const { feed, mirror, errors } of play.consumers) {
          const versions = [...feed.entries()].map(([key, kept]) => [key, kept.resourceVersion])
          expect(new Map(versions as [string, string][])).to.deep.equal(truth)
          expect([...mirror.kept]).to.have.deep.members([...feed.entries()])
          expect(mirror.mistakes.filter((mistake) => !mistake.endsWith('no difference'))).to.deep.equal([])
          expect(errors).to.deep.equal([])
        }
      }),
      { numRuns: 1000 },
    )
  })
})
