/** An answer that is a text and no JSON. */
export class TextDownload {
  readonly headers: Readonly<Record<string, string>>
  readonly text: string

  /** `fileName`: letters, digits, `-` and `.`. */
  constructor(fileName: string, text: string) {
    this.headers = {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': `attachment; filename="${fileName.replaceAll(/[^A-Za-z0-9.-]/g, '_')}"`,
    }
    this.text = text
  }
}
