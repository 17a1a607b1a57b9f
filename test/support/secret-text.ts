/** Long texts with a secret in different places: whoever shortens them before it is taken out shows the rest of it. */

const secret = `hunter2Abc9${'Zq7'.repeat(100)}`

/** What no text may have in it that people read. */
export const secretPart = /Zq7/

export const longWithSecret: readonly string[] = [60, 100, 130, 200, 280].flatMap((before) =>
  ['password=', 'password:\n  '].map((name) => `${words(before)} ${name}${secret} ${words(60)}`),
)

function words(characters: number): string {
  return 'it said '.repeat(100).slice(0, characters)
}
