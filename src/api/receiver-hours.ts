/** When a receiver is told: windows of days and times of day, each in a time zone of its own. */
import { z } from 'zod'
import { severities } from '../model/alert.ts'
import { orderedList, patternText, set } from './schema.ts'

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

const window = z.object({
  days: set(z.enum(weekdays))
    .min(1)
    .max(7)
    .default([...weekdays])
    .describe('The days on which the window begins.'),
  from: patternText(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 5)
    .default('00:00')
    .describe('When it begins, by the clocks of the time zone.'),
  to: patternText(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 5)
    .default('24:00')
    .describe('When it ends. Not after from: on the next day.'),
  timeZone: patternText(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/, 64)
    .default('UTC')
    .describe('A name of the IANA time zone database, such as Europe/Zurich.'),
})

export const receiverHours = z.object({
  active: orderedList(window)
    .min(1)
    .max(16)
    .describe('Windows; any of them will do. What comes outside of all is held, and told when the next one begins.'),
  except: set(z.enum(severities)).max(3).optional().describe('Severities that are told at any hour.'),
})
