import { Option } from 'commander'

/** `-o`, with the formats that a command knows. */
export function outputOption(formats: readonly string[], standard: string): Option {
  return new Option('-o, --output <format>', 'how to print the result').choices(formats).default(standard)
}
