/**
 * Loaded by mocha: properties are tried with the same values in every short run, so that it fails by what was changed and not by
 * chance; the full run tries new ones.
 */
import fc from 'fast-check'

if (process.env.DOGWATCH_TEST !== 'full') fc.configureGlobal({ seed: 20_261_121 })
