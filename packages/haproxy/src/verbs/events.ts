import type { Duplex } from 'node:stream';
import { option } from '@cutover/internal';
import { listenTo, showEventSinks } from '../commands/events.ts';
import { showInfo } from '../commands/info.ts';
import type { Listening } from '../connection/session.ts';
import { checkOptions, HaproxyError } from '../errors.ts';
import type { Haproxy } from './verb.ts';

/** Milliseconds between looks at whether a reload has put another worker in place of the one listened to. */
export const WORKER_WATCH_INTERVAL = 1_000;

export interface EventsOptions {
  /** A `ring` section, to which `log ring@name …` writes; or `buf0`, for traces. */
  sink: string;
  /** Begins with what the ring still holds; default false: only what comes from now on. */
  past?: boolean | undefined;
  /** Ends it: the loop over it ends without an error. */
  signal?: AbortSignal | undefined;
}

/**
 * Events as HAProxy writes them to a ring, line by line, on a separate connection, until the loop ends or the
 * signal aborts. After a reload it goes on with the new worker, whose ring it reads from the start, and keeps no old
 * one alive; what an old one still writes is not seen.
 * @throws {HaproxyError} `not-found` when there is no such ring; `truncated` when the connection ends and no other
 *   worker has come.
 */
export async function* events(haproxy: Haproxy, options: EventsOptions): AsyncGenerator<string, void, void> {
  const doing = `listening to events at ${haproxy.label}`;
  const { sink, past, signal } = checkOptions(doing, options, RULES, { past: false });
  const ignoreAbort = (error: unknown): undefined => {
    if (!signal?.aborted) throw error;
  };
  let worker: number | undefined;
  while (!signal?.aborted) {
    const from = past || worker !== undefined;
    const listening = await begin(haproxy, doing, { sink, past: from, signal }).catch(ignoreAbort);
    if (!listening) return;
    if (listening.pid === worker) {
      listening.stream.destroy();
      throw new HaproxyError('truncated', {
        doing,
        found: 'HAProxy closed the connection',
        fix: 'listen again; what was logged meanwhile is read with past: true',
      });
    }
    worker = listening.pid;
    yield* linesUntilReplaced(haproxy, listening, signal);
  }
}

const RULES = { sink: option.text, past: option.boolean, signal: option.signal };

async function begin(
  haproxy: Haproxy,
  doing: string,
  { sink, past, signal }: EventsOptions & { past: boolean },
): Promise<Listening> {
  const sinks = (await haproxy.run(showEventSinks(), signal)).filter(({ type }) => type === 'buffer');
  if (sinks.some(({ name }) => name === sink)) return haproxy.listen(listenTo(sink, past), signal);
  throw new HaproxyError('not-found', {
    doing,
    found: `the rings ${sinks.map(({ name }) => name).join(', ')}`,
    wanted: `one named ${sink}`,
    fix: `write a section "ring ${sink}" in haproxy.cfg, and "log ring@${sink} local0"`,
  });
}

/** Lines of a worker until it ends, another has taken its place, or `signal` aborts. */
async function* linesUntilReplaced(
  haproxy: Haproxy,
  { stream, pid }: Listening,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  const over = new AbortController();
  const end = () => void stream.destroy();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  const watching = untilReplaced(haproxy, pid, over.signal).then(end, end);
  try {
    yield* linesOf(stream);
  } finally {
    signal?.removeEventListener('abort', end);
    end();
    over.abort();
    await watching;
  }
}

async function untilReplaced(haproxy: Haproxy, pid: number, signal: AbortSignal): Promise<void> {
  do await haproxy.clock.sleep(WORKER_WATCH_INTERVAL, signal);
  while ((await haproxy.run(showInfo(), signal)).pid === pid);
}

async function* linesOf(stream: Duplex): AsyncGenerator<string, void, void> {
  let kept = '';
  try {
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (kept + chunk).split('\n');
      kept = lines.pop() ?? '';
      yield* lines.filter(Boolean);
    }
  } catch (error) {
    // A stream that breaks has ended; the loop above finds out why.
    if (!stream.destroyed) throw error;
  }
}
