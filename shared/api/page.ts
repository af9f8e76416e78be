import { type JobView, present } from '../job/present.ts';
import type { JobPage } from '../store/store.ts';

/** A Lambda function answers with 6 MB at most; a job can have 150 KB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A page of a list, ended early where it would be too large: the cursor then goes on from its last job. */
export function pageView({ jobs, cursor }: JobPage): { jobs: JobView[]; cursor?: string } {
  const shown: JobView[] = [];
  let bytes = 0;
  for (const job of jobs) {
    const view = present(job);
    bytes += Buffer.byteLength(JSON.stringify(view));
    if (bytes > MAX_BYTES && shown.length > 0) return { jobs: shown, cursor: shown.at(-1)!.id };
    shown.push(view);
  }
  return { jobs: shown, ...(cursor !== undefined && { cursor }) };
}
