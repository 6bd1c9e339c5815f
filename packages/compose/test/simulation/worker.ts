import { type Campaign, runAll, shareOf, type Tally } from './campaign.ts';

/** What a worker is asked for, as its only argument. */
export interface Assignment {
  readonly campaign: Campaign;
  readonly one: number;
  readonly of: number;
}

/** What it says: now and then how far it is, at the end what came of it. */
export type Word = { readonly plans: number } | { readonly tally: Tally };

const OFTEN = 10_000;

process.on('unhandledRejection', (reason) => {
  console.error('I13: a rejection that nobody handles:', reason);
  process.exit(1);
});

const say = (word: Word): void => void process.send?.(word);
const { campaign, one, of }: Assignment = JSON.parse(process.argv[2] ?? '');
let told = 0;
const tally = await runAll(shareOf(campaign, one, of), ({ plans }) => {
  if (plans - told < OFTEN) return;
  told = plans;
  say({ plans });
});
say({ tally });
process.disconnect();
