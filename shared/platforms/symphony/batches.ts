/** 290 characters a machine: a call's answer stays at some 100 KB. */
const MACHINES_OF_A_CALL = 300;
const IDS_OF_A_CALL = 100;

/** The ids of one call each. `counts`: the machines that the answer is likely to list for an id. */
export function batchesOf(ids: readonly string[], counts: ReadonlyMap<string, number>): string[][] {
  const batches: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const machines = counts.get(id) ?? 1;
    const last = batches.at(-1);
    if (last && room >= machines && last.length < IDS_OF_A_CALL) last.push(id);
    else {
      batches.push([id]);
      room = MACHINES_OF_A_CALL;
    }
    room -= machines;
  }
  return batches;
}
