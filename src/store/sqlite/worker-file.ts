/** What the worker runs. In the bundle this module is replaced by one that carries the worker's program in itself. */
export const workerFile = new URL('./store-worker.ts', import.meta.url)
