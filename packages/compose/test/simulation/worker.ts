import { huntShare } from './bug-hunt.ts';
import { type Campaign, runAll, shareOf } from './campaign.ts';

/** A campaign, or every planted bug: until it is caught, or in so many seeds. */
export type Task =
  | Campaign
  | {
      readonly mode: 'bugs';
      readonly from: number;
      readonly seeds: number;
      readonly untilCaught: boolean;
    };

/** What a worker is asked for, as its only argument. */
export interface Assignment {
  readonly task: Task;
  readonly one: number;
  readonly of: number;
}

/** What it says: now and then how far it is, at the end what came of it. */
export type Word<Result> = { readonly plans: number } | { readonly result: Result };

const OFTEN = 10_000;

process.on('unhandledRejection', (reason) => {
  console.error('I13: a rejection that nobody handles:', reason);
  process.exit(1);
});

const { task, one, of }: Assignment = JSON.parse(process.argv[2] ?? '');
const say = (word: Word<unknown>): void => void process.send?.(word);
let told = 0;
const result =
  task.mode === 'bugs'
    ? await huntShare(task, one, of)
    : await runAll(shareOf(task, one, of), ({ plans }) => {
        if (plans - told < OFTEN) return;
        told = plans;
        say({ plans });
      });
say({ result });
process.disconnect();
