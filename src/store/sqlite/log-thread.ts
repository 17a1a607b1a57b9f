/** Starts the worker when it is first asked something, and again after it died. Requests are answered in their order. */
import { Worker } from 'node:worker_threads'
import { OperatorError } from '../../base/errors.ts'
import type { LogDatabase } from './log-database.ts'
import { workerFile } from './worker-file.ts'
import type { Operation, Reply, Request } from './worker-protocol.ts'

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** The thread holds one group of writes or one page of answers at a time. */
const resourceLimits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 }

export class LogThread {
  readonly #path: string
  #worker: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0

  constructor(path: string) {
    this.#path = path
  }

  call<Name extends Operation>(
    operation: Name,
    ...args: Parameters<LogDatabase[Name]>
  ): Promise<ReturnType<LogDatabase[Name]>> {
    const worker = this.#running()
    this.#lastId += 1
    const request: Request = { id: this.#lastId, operation, args }
    const answer = new Promise((resolve, reject) => this.#waiting.set(request.id, { resolve, reject }))
    worker.ref()
    worker.postMessage(request)
    return answer as Promise<ReturnType<LogDatabase[Name]>>
  }

  async close(): Promise<void> {
    if (this.#worker === undefined) return
    await this.call('close')
    await this.#worker?.terminate()
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(workerFile, {
      workerData: { path: this.#path },
      resourceLimits,
      name: 'notification-log',
    })
    worker.on('message', (reply: Reply) => this.#settle(reply))
    worker.on('error', (cause) => this.#died(worker, cause))
    worker.on('exit', () => this.#died(worker))
    this.#worker = worker
    return worker
  }

  #settle({ id, value, failure }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    // An idle log does not keep the process alive.
    if (this.#waiting.size === 0) this.#worker?.unref()
    if (failure === undefined) waiting?.resolve(value)
    else waiting?.reject(new OperatorError(failure.code, failure.message))
  }

  #died(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const error = new OperatorError('STORE_UNAVAILABLE', "the notification log's thread ended", { cause })
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
