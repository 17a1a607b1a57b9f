import { OperatorError } from '../../base/errors.ts'
import type { Context } from '../context.ts'
import { isText, type OutputFormat, type WatchOptions } from '../options/output.ts'
import { choosePaint } from '../output/color.ts'
import { formatListing, type Listing } from '../output/listing.ts'
import { createScreen } from '../output/screen.ts'
import { localText, type Now } from '../output/time.ts'

export interface ListingRequest extends Partial<WatchOptions> {
  readonly output: OutputFormat
}

/** Reads and prints once, or again and again with `--watch` until Ctrl-C. */
export async function showListing<T extends object>(
  load: () => Promise<Listing<T>>,
  request: ListingRequest,
  context: Context,
): Promise<void> {
  const { output, watch = false } = request
  if (watch) return watchListing(load, request, context)
  context.stdout.write(await format(await load(), output, context))
}

async function watchListing<T extends object>(
  load: () => Promise<Listing<T>>,
  { output, interval = 2_000 }: ListingRequest,
  context: Context,
): Promise<void> {
  if (output === 'csv') throw new OperatorError('INVALID_OPTION', '--watch does not go with -o csv')
  const screen = createScreen(context.stdout, output)
  try {
    for (let shown = ''; ; await context.clock.sleep(interval, context.signal)) {
      const text = await format(await load(), output, context)
      if (text === shown) continue
      shown = text
      screen.show(`${isText(output) ? watchHeading(context) : ''}${text}`)
    }
  } catch (error) {
    if (!context.signal.aborted) throw error
  } finally {
    screen.end()
  }
}

function watchHeading(context: Context): string {
  const now = nowOf(context)
  const heading = `${localText(now.nowMs, now)}. Shown again when it changes; Ctrl-C ends.`
  return `${choosePaint(context)('dim', heading)}\n\n`
}

function format<T extends object>(listing: Listing<T>, output: OutputFormat, context: Context): Promise<string> {
  return formatListing(listing, output, { width: context.stdout.columns, paint: choosePaint(context) })
}

/** The clock and the time zone of whoever looks. */
export function nowOf({ clock, env }: Context): Now {
  const timeZone = env.TZ === undefined || env.TZ === '' ? undefined : env.TZ.replace(/^:/, '')
  return { nowMs: clock.nowMs(), timeZone: isTimeZone(timeZone) ? timeZone : undefined }
}

function isTimeZone(name: string | undefined): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
