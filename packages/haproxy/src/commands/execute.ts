import { HaproxyError } from '../errors.ts';
import { rawLine } from '../grammar/words.ts';
import type { Command } from './command.ts';

/** Crashes HAProxy 3.4.0 under load, and maybe others with counters per thread group. */
const DANGEROUS = /^clear\s+counters\s+all\b/i;

/**
 * Any single command that has no function here; returns HAProxy's text. Sent on a separate connection and never
 * twice. Only an unknown command and a missing permission are errors: you must interpret any other text.
 * @throws {HaproxyError} `invalid-options` for `;`, a line feed, a payload, or `clear counters all`, which crashes some versions.
 */
export const execute = (line: string): Command<string> => {
  const checked = rawLine(line);
  if (DANGEROUS.test(checked)) {
    throw new HaproxyError('invalid-options', {
      doing: `"${checked}"`,
      found: 'a command that crashes HAProxy 3.4.0 under load',
      fix: 'use "clear counters", which resets the maxima',
    });
  }
  return {
    line: checked,
    changes: true,
    level: 'user',
    alone: true,
    unframed: true,
    read: (answer) => (/^Permission denied/m.test(answer) ? undefined : answer),
  };
};
