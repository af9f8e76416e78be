/** Nobody mistypes more than that, and a distance costs the product of both lengths. */
const MAX_TYPED = 60;
/** The beginning of one candidate alone, from so many letters on, is meant for it. */
const MIN_BEGUN = 3;

/** `did you mean "vsphere"? ` where one candidate is close to what was typed, else nothing. */
export function didYouMean(typed: string, candidates: readonly string[]): string {
  if (typed.length > MAX_TYPED) return '';
  const begun = typed.length < MIN_BEGUN ? [] : candidates.filter((candidate) => candidate.startsWith(typed));
  if (begun.length === 1) return `did you mean "${begun[0]}"? `;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // A third of the letters wrong is a typing error; more is another word.
  return best && best.distance <= Math.max(1, Math.floor(typed.length / 3)) ? `did you mean "${best.candidate}"? ` : '';
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.pop() ?? 'nothing';
  return quoted.length > 0 ? `${quoted.join(', ')} or ${last}` : last;
}

/** Letters put in, left out, replaced, or swapped with their neighbour: the optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? before[j - 2]! + 1 : substitution;
      next.push(Math.min(substitution, swap, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
