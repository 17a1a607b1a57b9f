/** The crash engine with routes, on a clock that the test moves; what it wants looked into waits until the test says so. */
import type { Alert, AlertRoute } from '../../src/model/alert.ts'
import type { CrashRecord } from '../../src/model/crash.ts'
import type { ToldRestarts } from '../../src/store/crash-history.ts'
import { CrashEngine, type Investigation } from '../../src/watchers/crash/crash-engine.ts'
import { type CrashDetails, crashRecordOf } from '../../src/watchers/crash/crash-record.ts'
import type { PodFacts } from '../../src/watchers/crash/pod-facts.ts'
import { RouteBook } from '../../src/watchers/crash/route-book.ts'
import { isTold, lineOf, linkOf, receiversOfLine } from '../../src/watchers/crash/route-choice.ts'
import { selectsNamespace } from '../../src/watchers/crash/route-match.ts'
import type { Sighting } from '../../src/watchers/crash/sighting.ts'
import { isStillTold } from '../../src/watchers/crash/still-told.ts'
import { toldBefore } from '../../src/watchers/crash/told-before.ts'
import type { WatchedCrashRoute } from '../../src/watchers/crash/watched-route.ts'
import { noonMs } from './crash-pods.ts'
import { watchedRoute } from './crash-routes.ts'
import { VirtualClock } from './virtual-clock.ts'

export class CrashLab {
  readonly clock: VirtualClock
  /** What outlives the process. */
  readonly facts: Map<string, string>
  readonly alerts: Alert[] = []
  readonly routes: AlertRoute[] = []
  readonly records: CrashRecord[] = []
  readonly waiting: Investigation[] = []
  /** Of which it was asked why they have not got their volumes. */
  readonly asked: PodFacts[] = []
  readonly books: RouteBook[] = []
  readonly engine: CrashEngine
  /** Otherwise everything is looked into at once. */
  isSlow = false
  /** The Slack channel that every namespace's annotation names. */
  wishedChannel: string | undefined
  /** What is found out about each. */
  details: (investigation: Investigation) => CrashDetails = () => ({ facts: [], missing: [] })
  /** What another program told before. */
  toldBefore: readonly ToldRestarts[] = []

  constructor(specs: readonly (object | WatchedCrashRoute)[] = [{}], before?: CrashLab) {
    this.clock = before?.clock ?? new VirtualClock(noonMs + 100_000)
    this.facts = before?.facts ?? new Map()
    this.engine = new CrashEngine({
      ...{ clock: this.clock, facts: this.#factStore },
      books: () => this.books,
      isSelected: ({ route }, name) => !route.spec.suspend && selectsNamespace(route, { name, labels: {} }),
      isTold: ({ route }, crash) => isTold(route, { name: crash.place.namespace, labels: {} }, crash),
      investigate: (investigation) => {
        this.waiting.push(investigation)
        if (!this.isSlow) this.conclude()
      },
      askVolumes: (pod) => this.asked.push(pod),
      toldBefore: (pod) => toldBefore(this.toldBefore)(pod),
    })
    for (const [index, spec] of specs.entries()) this.books.push(this.#newBook(routeOf(spec, index)))
  }

  /** Everything that waits was looked into. */
  conclude(proven: Partial<Sighting> = {}): void {
    while (this.waiting.length > 0) this.concludeOne(proven)
  }

  /** All that wait are no crashes. */
  dismiss(): void {
    for (const investigation of this.waiting.splice(0)) this.engine.dismiss(investigation)
  }

  /** The oldest that waits was looked into. */
  concludeOne(proven: Partial<Sighting> = {}): void {
    for (const investigation of this.waiting.splice(0, 1)) {
      const sighting = { ...investigation.sighting, ...proven }
      const { place, pod, uid } = investigation
      const record = crashRecordOf(
        sighting,
        {
          ...{ clusterName: undefined, uid, seenMs: this.clock.nowMs(), nodeName: pod?.nodeName },
          ...{ namespace: place.namespace, workload: place.workload, pod: pod && { name: pod.name, uid: pod.uid } },
        },
        this.details(investigation),
      )
      if (investigation.isKept) this.records.push(record)
      this.engine.conclude(investigation, sighting, record)
    }
  }

  /** Takes what was told since the last call. */
  told(): string[] {
    return this.alerts.splice(0).map(({ state, title }) => (state === 'firing' ? title : `${state}: ${title}`))
  }

  join(spec: object): RouteBook {
    const book = this.#newBook(routeOf(spec, this.books.length))
    this.books.push(book)
    this.engine.join(book)
    return book
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000)
    this.engine.settleAll()
  }

  #newBook(route: WatchedCrashRoute): RouteBook {
    return new RouteBook(route, {
      ...{ facts: this.#factStore, clusterName: undefined, dashboardLink: linkOf, receiversOfLine },
      sink: {
        put: (alert, way) => {
          this.alerts.push(alert)
          this.routes.push(way)
        },
      },
      lineOf: (one, name) => {
        const { wishedChannel } = this
        return lineOf(one, { name, labels: {}, ...(wishedChannel === undefined ? {} : { wishedChannel }) })
      },
      isStillTold: (one, open) =>
        isStillTold(one, open, {
          namespace: { name: open.incident.namespace, labels: {} },
          cluster: this.engine.cluster,
        }),
      fitLog: (_key, alert) => alert,
      forgetLog: () => undefined,
    })
  }

  get #factStore() {
    const { facts } = this
    return {
      remember: (name: string, value: string | undefined) =>
        value === undefined ? void facts.delete(name) : void facts.set(name, value),
      recall: (prefix: string) => new Map([...facts].filter(([name]) => name.startsWith(prefix))),
    }
  }
}

function routeOf(spec: object, index: number): WatchedCrashRoute {
  const name = `route-${index}`
  return watchedRoute(spec, {
    reference: { kind: 'CrashAlertRoute', namespace: 'dogwatch-system', name, uid: `uid-of-${name}` },
  })
}
