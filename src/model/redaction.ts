/** What of a text is nobody's business. */

export interface Redactor {
  /** The text without its secrets. What is redacted already stays as it is. */
  redact(text: string): string
}
