import { line, name } from '../grammar/words.ts';
import { type Command, query } from './command.ts';

/** What HAProxy asked one name server of a `resolvers` section, and what it got. */
export interface NameServer {
  readonly resolvers: string;
  readonly name: string;
  /** By HAProxy's names: `sent`, `valid`, `nx`, `timeout`, `refused`, … */
  readonly counters: Readonly<Record<string, number>>;
}

/** `show resolvers`, of one section or of all. */
export const showResolvers = (resolvers?: string): Command<NameServer[]> =>
  query(line('show resolvers', resolvers === undefined ? '' : name(resolvers, 'resolvers')), readNameServers);

function readNameServers(answer: string): NameServer[] | undefined {
  if (answer !== '' && !answer.startsWith('Resolvers section ')) return undefined;
  return answer.split(/^Resolvers section /m).flatMap((section) => {
    const [resolvers = '', ...servers] = section.split(/^ nameserver /m);
    return servers.map((text) => {
      const [head = '', ...pairs] = text.trim().split('\n');
      const counters = pairs.map((pair) => pair.trim().split(/:\s*/));
      return {
        resolvers: resolvers.trim(),
        name: head.replace(/:$/, ''),
        counters: Object.fromEntries(counters.map(([counter, count]) => [counter, Number(count)])),
      };
    });
  });
}
