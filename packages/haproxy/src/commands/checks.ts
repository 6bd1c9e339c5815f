import { line, type ServerName, server } from '../grammar/words.ts';
import { type Command, change } from './command.ts';

const toggle =
  (words: string) =>
  (target: ServerName): Command<true> =>
    change(line(words, server(target)));

/** `enable health`: health checks begin; a server added at runtime has none before. */
export const enableHealth = toggle('enable health');
/** `disable health`: they end, and the last result stays. */
export const disableHealth = toggle('disable health');
/** `enable agent`. */
export const enableAgent = toggle('enable agent');
/** `disable agent`: needed before states are set here, when the agent speaks of `ready`, `drain` or `maint`. */
export const disableAgent = toggle('disable agent');

/** `set server … health`: what the checks would have found; they go on and may say otherwise. */
export const setServerHealth = (target: ServerName, health: 'up' | 'stopping' | 'down'): Command<true> =>
  change(line('set server', server(target), `health ${HEALTH[health]}`));

/** `set server … agent`. */
export const setServerAgent = (target: ServerName, agent: 'up' | 'down'): Command<true> =>
  change(line('set server', server(target), `agent ${agent === 'up' ? 'up' : 'down'}`));

const HEALTH = { up: 'up', stopping: 'stopping', down: 'down' } as const;
