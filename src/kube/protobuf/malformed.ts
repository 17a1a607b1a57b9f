import { OperatorError } from '../../base/errors.ts'

/** What cannot be a message of the API server; its bytes are not quoted, they may be anybody's secret. */
export function malformedBytes(what: string): OperatorError {
  return new OperatorError('STREAM_MALFORMED', `the API server sent protobuf ${what}`)
}
