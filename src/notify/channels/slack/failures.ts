/** Errors of the calls that a delivery makes, told from those of the log that remembers them. */
import { OperatorError } from '../../../base/errors.ts'
import type { FailedDelivery } from '../../notifier.ts'
import { OutgoingError } from '../../outgoing-failures.ts'
import { UploadFailed } from './logs.ts'
import { failureOfSlack } from './web-api.ts'

export function isOfCall(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && code.startsWith('slack_webapi_')) return true
  return [UploadFailed, OutgoingError, OperatorError].some((kind) => error instanceof kind)
}

export function failureOfCall(error: unknown): FailedDelivery {
  return error instanceof UploadFailed ? error.failure : failureOfSlack(error)
}
