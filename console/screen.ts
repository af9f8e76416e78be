import type { Child } from './dom.ts';

export interface Surroundings {
  /** Epoch milliseconds, by the API's clock. */
  now: number;
  /** Pixels that a chart may take. */
  width: number;
}

/** One view of the page, with what it has learned so far. */
export interface Screen {
  readonly title: string;
  /** What is shown may change any moment. */
  readonly busy: boolean;
  /** Asks the API. The sentence, if any, says what has changed to those who do not see it. */
  refresh(): Promise<string | undefined>;
  render(around: Surroundings): Child[];
  /** Cancels the job that is shown, where one is. */
  cancel?(): Promise<void>;
}
