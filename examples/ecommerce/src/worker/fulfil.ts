import type { Fulfilment } from '../queue.ts';

/** Stands for the work: packing takes its time. A job of the queue and an activity of Temporal alike. */
export const fulfil = ({ seconds }: Fulfilment): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
