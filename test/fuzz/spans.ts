/** A piece of a text: from, to. */
export type Span = readonly [number, number];

/** Every element of an XML document, every object and array of a JSON text, outermost last. For well-formed texts. */
export function spans(text: string): Span[] {
  return text.trimStart().startsWith('<') ? elements(text) : brackets(text);
}

function elements(text: string): Span[] {
  const found: Span[] = [];
  const open: number[] = [];
  for (const match of text.matchAll(/<(\/?)[A-Za-z][^>]*?(\/?)>/g)) {
    const [tag, closing, empty] = match;
    const end = match.index + tag.length;
    if (closing) found.push([open.pop() ?? 0, end]);
    else if (empty) found.push([match.index, end]);
    else open.push(match.index);
  }
  return found;
}

function brackets(text: string): Span[] {
  const found: Span[] = [];
  const open: number[] = [];
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (match[0] === '{' || match[0] === '[') open.push(match.index);
    else if (match[0] === '}' || match[0] === ']') found.push([open.pop() ?? 0, match.index + 1]);
  }
  return found;
}

/** The largest piece that speaks of one thing and of none of the others. */
export function ownSpan(
  text: string,
  own: (piece: string) => boolean,
  others: (piece: string) => boolean,
): Span | undefined {
  const fitting = spans(text).filter(([from, to]) => {
    const piece = text.slice(from, to);
    return own(piece) && !others(piece);
  });
  return fitting.sort(([a, b], [c, d]) => d - c - (b - a))[0];
}
