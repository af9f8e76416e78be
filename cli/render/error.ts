/** Most platforms' messages begin with their code: it is shown once. */
export function errorText({ code, message }: { code: string; message: string }): string {
  return names(message, code) ? message : `${code}: ${message}`;
}

/** Whether the text has that code as a word of its own. */
export function names(text: string, code: string): boolean {
  const at = text.indexOf(code);
  const isLetter = (character: string | undefined) => character !== undefined && /\w/.test(character);
  return at >= 0 && !isLetter(text[at - 1]) && !isLetter(text[at + code.length]);
}
