import type { OptionRule } from '@cutover/internal';
import { readOptions } from '@cutover/internal';
import { DeployError } from '../domain/errors.ts';
import type { Compared } from '../domain/traffic.ts';
import type { LookFacts, Verdict } from '../domain/watch-signal.ts';

/** So many times what the old slot had in this deployment: `2x`. */
export type Times = `${number}x`;

const TIMES = /^(\d+(?:\.\d+)?)x$/;

export interface LimitOptions {
  readonly max: number | Times;
}

/** The limit, given what the old slot had. */
export function limitOf(
  options: LimitOptions,
  signal: string,
  number: OptionRule,
): (before: number) => number {
  const { max } = readOptions(
    options,
    {
      max: {
        expected: `${number.expected}, or so many times what the old slot had, as '2x'`,
        accepts: (value) =>
          typeof value === 'string' ? Number(TIMES.exec(value)?.[1]) >= 1 : number.accepts(value),
        required: true,
      },
    },
    {},
    ({ name, found, wanted }) =>
      new DeployError('invalid-options', { doing: `reading ${signal} option ${name}`, found, wanted }),
  );
  const times = typeof max === 'number' ? undefined : Number(TIMES.exec(max)?.[1]);
  return (before) => (times === undefined ? (max as number) : times * before);
}

export const inconclusive = (why: string): Verdict => ({ verdict: 'inconclusive', why });

/** By what the router has counted, where it says so. */
export async function judged(
  { traffic }: LookFacts,
  judge: (counted: Compared) => Verdict,
): Promise<Verdict> {
  const counted = await traffic();
  return counted ? judge(counted) : inconclusive('the router does not say what it has counted');
}
