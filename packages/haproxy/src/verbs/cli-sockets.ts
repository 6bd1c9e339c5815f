import { type Command, LEVELS, type Level, query } from '../commands/command.ts';

/** One runtime socket that HAProxy listens on. */
export interface CliSocket {
  /** `unix@/run/haproxy/admin.sock`, `ipv4@127.0.0.1:9999`, … */
  readonly address: string;
  readonly level: Level;
}

/** `show cli sockets`. */
export const readCliSockets = (): Command<CliSocket[]> =>
  query('show cli sockets', (answer) => {
    const [head = '', ...lines] = answer.split('\n');
    if (!head.startsWith('# socket')) return undefined;
    return lines.filter(Boolean).map((text) => {
      const [address = '', word = ''] = text.split(' ');
      return { address, level: LEVELS.find((level) => level === word) ?? 'user' };
    });
  });
