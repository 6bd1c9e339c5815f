import { integer, line, name, type ServerName, server } from '../grammar/words.ts';
import { type Command, change } from './command.ts';

const MOST = 2 ** 31 - 1;

/** `enable frontend`: accepts connections again. */
export const enableFrontend = (frontend: string): Command<true> =>
  change(line('enable frontend', name(frontend, 'frontend')), { done: /^$|already enabled/ });

/** `disable frontend`: accepts none; those there go on. */
export const disableFrontend = (frontend: string): Command<true> =>
  change(line('disable frontend', name(frontend, 'frontend')), { done: /^$|already disabled/ });

/** `set maxconn frontend`. */
export const setMaxconnFrontend = (frontend: string, connections: number): Command<true> =>
  change(line('set maxconn frontend', name(frontend, 'frontend'), integer(connections, 'maxconn', 0, MOST)));

/** `set maxconn server`; 0 for no limit. */
export const setMaxconnServer = (target: ServerName, connections: number): Command<true> =>
  change(line('set maxconn server', server(target), integer(connections, 'maxconn', 0, MOST)));

/** `set maxconn global`; 0 for what the configuration says. */
export const setMaxconnGlobal = (connections: number): Command<true> =>
  change(line('set maxconn global', integer(connections, 'maxconn', 0, MOST)));

const RATES = { connections: 'connections', sessions: 'sessions', 'ssl-sessions': 'ssl-sessions' } as const;

/** `set rate-limit … global`: new ones a second, 0 for no limit. */
export const setRateLimit = (what: keyof typeof RATES, perSecond: number): Command<true> =>
  change(line('set rate-limit', name(RATES[what], 'rate'), 'global', integer(perSecond, 'rate', 0, MOST)));
