import manifest from '../../package.json' with { type: 'json' }

export const version: string = manifest.version

/** Set by the bundler; `unknown` when the program runs from its source. */
export const commit: string = (globalThis as { DOGWATCH_COMMIT?: string }).DOGWATCH_COMMIT ?? 'unknown'
