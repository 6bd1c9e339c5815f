import { type Explanation, option } from '@cutover/internal';
import type { ServerName } from '../grammar/words.ts';
import { describeServer, type ServerView, viewServer } from './server-view.ts';
import { type Change, carryOut, type Haproxy, type Step, VERB_RULES, type VerbOptions } from './verb.ts';

export interface ServerOptions extends ServerName, VerbOptions {}

export const SERVER_RULES = { ...VERB_RULES, backend: option.text, server: option.text } as const;

/** "opening app/green at /run/haproxy/admin.sock" */
export const doingTo = (haproxy: Haproxy, verb: string, target: ServerName | undefined): string =>
  `${verb} ${target?.backend}/${target?.server} at ${haproxy.label}`;

interface ServerStep extends Omit<Step<ServerView>, 'read' | 'explain'> {
  /** The state that is waited for, and what to do when it does not come. */
  readonly wanted: string;
  readonly fix?: string | undefined;
  readonly explain?: ((last: ServerView) => Partial<Explanation>) | undefined;
}

/** The shape of every verb on one server: read it, plan, change, read until it is so. */
export const changeServer = (
  haproxy: Haproxy,
  target: ServerName,
  { wanted, fix, explain, ...step }: ServerStep,
): Promise<Change<ServerView>> =>
  carryOut(haproxy, {
    ...step,
    read: (signal) => viewServer(haproxy, target, signal),
    explain: (last) => ({ found: describeServer(last), wanted, fix, ...explain?.(last) }),
  });
