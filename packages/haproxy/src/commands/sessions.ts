import { readTable } from '../grammar/table.ts';
import { line, name, type ServerName, server as serverWord } from '../grammar/words.ts';
import { type Command, change, query } from './command.ts';

/** One stream of `show sess`. */
export interface SessionRow {
  /** Its pointer, for {@link shutdownSession}. */
  readonly id: string;
  readonly source: string;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  /** As HAProxy writes it: `3m2s`. */
  readonly age: string;
  /** Every `name=value` of the line. */
  readonly values: ReadonlyMap<string, string>;
}

/** `show sess`: streams under way; needs level operator. */
export const showSessions = (): Command<SessionRow[]> =>
  query('show sess', readSessions, { level: 'operator', alone: true });

function readSessions(answer: string): SessionRow[] | undefined {
  if (answer === '') return [];
  const rows = answer.split('\n').map((text) => /^(0x[0-9a-f]+): (.*)$/.exec(text));
  if (rows.some((row) => !row)) return undefined;
  return rows.map((row) => {
    const values = new Map(
      Array.from((row?.[2] ?? '').matchAll(/(\w+)=(\[[^\]]*\]|\S*)/g), ([, k, v]) => [k ?? '', v ?? '']),
    );
    const get = (what: string) => values.get(what) ?? '';
    return {
      id: row?.[1] ?? '',
      source: get('src'),
      frontend: get('fe'),
      backend: get('be'),
      server: get('srv'),
      age: get('age'),
      values,
    };
  });
}

/** `shutdown session`: one stream by its {@link SessionRow.id}. */
export const shutdownSession = (id: string): Command<true> =>
  change(line('shutdown session', name(id, 'session')));

/** `show errors`: HAProxy's own text about the last bad request and answer of each proxy; level operator. */
export const showErrors = (): Command<string> =>
  query('show errors', (answer) => (answer.startsWith('Total events') ? answer : undefined), {
    level: 'operator',
    alone: true,
    unframed: true,
  });

/** Connections to one server, from `show servers conn`. */
export interface ServerConnections {
  readonly backend: string;
  readonly server: string;
  readonly used: number;
  readonly idle: number;
  /** A column by HAProxy's name; 3.4 has more of them. */
  column(name: string): string;
}

/** `show servers conn`, of one backend or of all. */
export const showServersConn = (backend?: string): Command<ServerConnections[]> =>
  query(line('show servers conn', backend === undefined ? '' : name(backend, 'backend')), (answer) =>
    readTable(answer)?.map((column) => {
      const [pool = '', server = ''] = column('bkname/svname').split('/');
      return {
        backend: pool,
        server,
        used: Number(column('used_cur')),
        idle: Number(column('idle_cur')),
        column,
      };
    }),
  );

/** `clear counters`: the maxima only; the sums go on. */
export const clearCounters = (): Command<true> => change('clear counters', { level: 'operator' });

/** `clear counters server` (3.5): every counter of one server; those of others stay. */
export const clearServerCounters = (target: ServerName): Command<true> =>
  change(line('clear counters server', serverWord(target)), {
    done: /^Server counters cleared\.$/,
    since: '3.5',
  });
