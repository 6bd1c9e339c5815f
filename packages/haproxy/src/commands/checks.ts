import { address, integer, line, type ServerName, server, value } from '../grammar/words.ts';
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

/**
 * `set server … check-addr`: health checks go there, and no longer to the server's own address. HAProxy 3.4.7 refuses
 * every address.
 */
export const setServerCheckAddress = (target: ServerName, to: string, port?: number): Command<true> =>
  change(line('set server', server(target), 'check-addr', ...place(to, port)));

/** `set server … check-port`: health checks go to this port of the address where they go now. */
export const setServerCheckPort = (target: ServerName, port: number): Command<true> =>
  change(line('set server', server(target), 'check-port', integer(port, 'port', 1, 65_535)), {
    done: /^$|port updated/,
  });

/** `set server … agent-addr`: where the agent check asks. */
export const setServerAgentAddress = (target: ServerName, to: string, port?: number): Command<true> =>
  change(line('set server', server(target), 'agent-addr', ...place(to, port)));

/** `set server … agent-send`: what the agent check says before it listens. */
export const setServerAgentSend = (target: ServerName, text: string): Command<true> =>
  change(line('set server', server(target), 'agent-send', value(text)));

const place = (to: string, port: number | undefined): string[] => [
  address(to),
  port === undefined ? '' : `port ${integer(port, 'port', 1, 65_535)}`,
];

const HEALTH = { up: 'up', stopping: 'stopping', down: 'down' } as const;
