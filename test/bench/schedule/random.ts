/** 0..1, the same sequence for the same seed: Marsaglia's xorshift on 32 bits, after a scramble so that close seeds differ. */
export function randomFrom(seed: number): () => number {
  let state = Math.imul((seed + 1) ^ 0x5bd1e995, 0x9e3779b1) | 1;
  const draw = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) draw();
  return draw;
}
