/** Peers repeat what they were sent, each in an encoding of its own. */
const ENCODINGS: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (value) => JSON.stringify(value).slice(1, -1),
  (value) => (value.isWellFormed() ? encodeURIComponent(value) : value),
];

/** A peer's text without these secrets. One of less than three characters cannot be told from the text around it. */
export function concealed(text: string, secrets: Iterable<string | undefined>): string {
  let shown = text;
  for (const secret of secrets) {
    if (secret === undefined || secret.length < 3) continue;
    for (const encode of ENCODINGS) shown = shown.replaceAll(encode(secret), '***');
  }
  return shown;
}
