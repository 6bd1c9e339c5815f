import { line, name } from '../grammar/words.ts';
import { type Command, query } from './command.ts';

/** A ring of HAProxy that keeps what was written to it: a `ring` section, or `buf0`, where traces go. */
export interface EventSink {
  readonly name: string;
  /** Only a `buffer` can be listened to. */
  readonly type: string;
  /** Events for which it had no room. */
  readonly dropped: number;
}

/** `show events`: where events go; the client's `events()` listens to one. */
export const showEventSinks = (): Command<EventSink[]> =>
  query('show events', (answer) => {
    if (!answer.startsWith('Supported events sinks')) return undefined;
    return Array.from(
      answer.matchAll(/^ +(\S+) +: type=(\w+), (\d+) dropped/gm),
      ([, sink, type, dropped]) => ({
        name: sink ?? '',
        type: type ?? '',
        dropped: Number(dropped),
      }),
    );
  });

/** `show events … -w`: has no end; `past` begins with what the ring still holds. */
export const listenTo = (sink: string, past: boolean): string =>
  line('show events', name(sink, 'sink'), '-w', past ? '' : '-n');
