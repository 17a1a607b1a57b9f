import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino'

/**
 * JSON lines with fixed names: `time`, `level`, `message`, `component`, and for objects `kind`, `namespace`, `name`.
 * The message is constant; what varies goes into fields.
 */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error' | 'child'>

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** Field paths whose values never reach a log line, whoever passes them. */
const secretPaths = [
  'authorization',
  'token',
  'password',
  'secret',
  '*.authorization',
  '*.token',
  '*.password',
  '*.secret',
]

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    messageKey: 'message',
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secretPaths, censor: '[redacted]' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

export const silentLogger: Logger = createLogger('silent')
