import { bounded } from '@cutover/internal';
import type Docker from 'dockerode';
import { type Container, lifeOf } from '../domain/container.ts';
import { nameOfRecord, readNotes } from '../ledger/notes.ts';
import type { Signalled } from '../ports/index.ts';
import { LIMITS } from './limits.ts';

/** What of an event of the engine counts here. */
export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

/** Undefined also where the engine, or a proxy in front of it, refuses to tell. */
export async function wasSignalled(
  docker: Docker,
  project: string,
  container: Container,
): Promise<Signalled | undefined> {
  try {
    const [{ Config, HostConfig }, { records }] = await Promise.all([
      docker.getContainer(container.id).inspect(),
      readNotes({ docker, project }),
    ]);
    const note = records.findLast(
      ({ entry }) => entry.type === 'stopping' && entry.containers.includes(lifeOf(container)),
    );
    // By the engine's own clock: another one may be ahead, and what is yet to come is waited for.
    const now = Date.parse((await docker.info()).SystemTime);
    return signalledBy(await eventsUntil(docker, now), {
      id: container.id,
      stopSignal: (Config as { StopSignal?: string }).StopSignal,
      armed: !['', 'no'].includes(HostConfig.RestartPolicy?.Name ?? ''),
      note: note && nameOfRecord(project, note),
      now,
    });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== undefined) return undefined;
    throw error;
  }
}

/** All that it remembers, oldest first: the latest 256 events since the engine was started. */
const eventsUntil = (docker: Docker, now: number): Promise<readonly EngineEvent[]> =>
  bounded({ timeout: LIMITS.look }, async (abortSignal) => {
    const span = { since: 0, until: Math.ceil(now + 1) / 1000, abortSignal };
    let text = '';
    for await (const chunk of await docker.getEvents(span)) text += chunk;
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  });

/**
 * A stop is three requests, each sent after the answer to the one before: the note, the update that disarms the restart
 * policy, the stop itself; and before the stop the lock is confirmed. So when a successor, which has the lock, finds no
 * update since the note, no stop is under way either, however late a request may arrive: a predecessor that is only
 * paused gives up at the lock. When it finds the update and no signal, the stop may be on its way for as long as a
 * network takes, and nothing is known.
 */
export function signalledBy(
  events: readonly EngineEvent[],
  { id, stopSignal, armed, note, now }: Asked,
): Signalled | undefined {
  const is = (action: string) => (event: EngineEvent) => event.Actor.ID === id && event.Action === action;
  const life = events.slice(events.findLastIndex(is('start')) + 1);
  const signal = life.filter(is('kill')).find(({ Actor }) => isStop(Actor.Attributes.signal, stopSignal));
  if (signal) return { signalled: true, ago: Math.max(0, now - signal.timeNano / 1e6) };
  if (armed) return { signalled: false };
  const noted = life.findIndex(
    ({ Type, Action, Actor }) => Type === 'volume' && Action === 'create' && Actor.ID === note,
  );
  return noted < 0 || life.slice(noted).some(is('update')) ? undefined : { signalled: false };
}

interface Asked {
  readonly id: string;
  readonly stopSignal: string | undefined;
  /** Its restart policy is still there, which the update removes: that outlives the events. */
  readonly armed: boolean;
  /** The volume that announced its stop. */
  readonly note: string | undefined;
  /** By the engine's clock, in milliseconds. */
  readonly now: number;
}

/** Numbers on Linux, whatever runs here. For a stop signal that is not among them, any `kill` counts. */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  USR1: 10,
  USR2: 12,
  TERM: 15,
  WINCH: 28,
};

function isStop(sent: string | undefined, stopSignal = 'SIGTERM'): boolean {
  const number = /^\d+$/.test(stopSignal)
    ? stopSignal
    : NUMBERS[stopSignal.toUpperCase().replace(/^SIG/, '')];
  return number === undefined || sent === String(number);
}
