import * as z from '../../schema.ts';
import { commonOptions } from '../options.ts';

/** There is no endpoint and no secret: only what bounds the jobs. */
export const options = z.strictObject({
  deadlineSeconds: commonOptions.deadlineSeconds,
});

export type TaskOptions = z.infer<typeof options>;
