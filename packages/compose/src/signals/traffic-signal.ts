import { type OptionRule, readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Compared } from '../domain/traffic.ts';
import type { Verdict, WatchSignal } from '../domain/watch-signal.ts';

/** So many times what the old slot had in this deployment: `2x`. */
export type Times = `${number}x`;

const TIMES = /^(\d+(?:\.\d+)?)x$/;

/** What is allowed, given what the old slot had. */
export interface Limit {
  readonly from: (before: number) => number;
  /** It depends on what the old slot had. */
  readonly isRelative: boolean;
}

/** A signal that compares what the router has counted with the option `max`, which is a `number` or so many times as much. */
export function trafficSignal(
  { name, factory, number }: { readonly name: string; readonly factory: string; readonly number: OptionRule },
  options: { readonly max: number | Times },
  judge: (counted: Compared, limit: Limit) => Verdict,
): WatchSignal {
  const limit = readLimit(factory, number, options);
  return {
    name,
    judge: async ({ traffic }) => {
      const counted = await traffic();
      return counted ? judge(counted, limit) : inconclusive('the router does not say what it has counted');
    },
  };
}

function readLimit(factory: string, number: OptionRule, options: { readonly max: number | Times }): Limit {
  const rule: OptionRule = {
    expected: `${number.expected}, or so many times what the old slot had, as '2x', and at least '1x'`,
    accepts: (value) => (typeof value === 'string' ? timesIn(value) >= 1 : number.accepts(value)),
    required: true,
  };
  const { max } = readOptions(
    options,
    { max: rule },
    {},
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading ${factory} option ${name}`, found, wanted }),
  );
  if (typeof max === 'number') return { from: () => max, isRelative: false };
  return { from: (before) => timesIn(max) * before, isRelative: true };
}

const timesIn = (text: string): number => Number(TIMES.exec(text)?.[1]);

export const inconclusive = (why: string): Verdict => ({ verdict: 'inconclusive', why });
