/**
 * One thread for all files of the store, as a thread costs as much memory as the rest of a store. It is started when it is first
 * asked something, and again after it died. Requests are answered in their order, whatever file they are about: so each is short.
 */
import { Worker } from 'node:worker_threads'
import { OperatorError } from '../../base/errors.ts'
import { workerFile } from './worker-file.ts'
import type { Databases, FileKind, Reply, Request, StoreFile } from './worker-protocol.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

type Method<Database, Name extends keyof Database> = Database[Name] extends (...args: infer Args) => infer Result
  ? { readonly args: Args; readonly result: Result }
  : never

/** A file as one of its users has it. */
export interface OpenFile<Kind extends FileKind> {
  call<Name extends keyof Databases[Kind]>(
    operation: Name,
    ...args: Method<Databases[Kind], Name>['args']
  ): Promise<Method<Databases[Kind], Name>['result']>
  close(): Promise<void>
}

/** The thread holds one group of writes or one page of answers at a time. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 }

export class StoreThread {
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  readonly #users = new Set<number>()
  #lastId = 0
  #lastUser = 0

  open<Kind extends FileKind>(file: StoreFile<Kind>): OpenFile<Kind> {
    this.#lastUser += 1
    const user = this.#lastUser
    return {
      call: (operation, ...args) => {
        this.#users.add(user)
        return this.#ask({ user, file, operation: String(operation), args }) as Promise<never>
      },
      close: () => this.#leave(user, file),
    }
  }

  /** Who was the last lets the thread end. */
  async #leave(user: number, file: StoreFile): Promise<void> {
    if (!this.#users.has(user)) return
    await this.#ask({ user, file, operation: 'close', args: [] })
    this.#users.delete(user)
    if (this.#users.size === 0) await this.#worker?.terminate()
  }

  #ask(request: Omit<Request, 'id'>): Promise<unknown> {
    const worker = this.#running()
    this.#lastId += 1
    const id = this.#lastId
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
    worker.ref()
    worker.postMessage({ ...request, id } satisfies Request)
    return answer
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(workerFile, { resourceLimits, name: 'store' })
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('error', (cause) => this.#died(worker, cause))
    worker.on('exit', () => this.#died(worker))
    this.#worker = worker
    return worker
  }

  #settle({ id, value, failure }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    // An idle store does not keep the process alive.
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (failure === undefined) waiting?.resolve(value)
    else waiting?.reject(new OperatorError(failure.code, failure.message))
  }

  #died(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const error = new OperatorError('STORE_UNAVAILABLE', "the store's thread ended", { cause })
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
