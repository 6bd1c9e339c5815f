import { type Clock, linkSignals } from '@cutover/internal';
import type Docker from 'dockerode';
import { tolerating } from '../engine/docker.ts';
import { withRetries } from '../run/retries.ts';
import { tarOf } from './tar.ts';

/** Milliseconds between two beats. */
export const BEAT = 3_000;
/** Without a confirmed beat for this long, a holder does nothing before it has asked again. */
export const FENCE_AFTER = 9_000;
/** Without a change for this long, by the observer's own clock, a holder on another host counts as dead. */
export const STALE_AFTER = 20_000;

const FILE = 'beat';

export interface Heartbeat {
  /** Whether the note is ours still, by a beat that is `age` ms old at most; false when somebody has taken it away. */
  confirm(age: number): Promise<boolean>;
  stop(): void;
}

/**
 * Beats into a note that is never started: the time stamp of a file in it is the counter, so that a look costs one
 * HEAD request. Who was suspended finds out before its next effect, since a beat confirms by id.
 */
export function startHeartbeat(docker: Docker, id: string, clock: Clock): Heartbeat {
  const container = docker.getContainer(id);
  const stopping = linkSignals();
  let count = 0;
  let confirmed = clock.now();
  let lost = false;
  const beat = async (): Promise<void> => {
    const begun = clock.now();
    const done = await tolerating([404], () =>
      container.putArchive(tarOf(FILE, '', ++count), { path: '/' }).then(() => true),
    );
    if (done) confirmed = begun;
    else lost = true;
  };
  const beatOn = async (): Promise<void> => {
    while (!lost) {
      // An engine that does not answer leaves the last confirmation to grow old.
      await beat().catch(() => {});
      await clock.sleep(BEAT, stopping.signal);
    }
  };
  beatOn().catch(() => {});
  return {
    confirm: async (age) => {
      if (!lost && clock.now() - confirmed >= age) await beat();
      return !lost;
    },
    stop: () => stopping.abort(new Error('stopped')),
  };
}

/** Watches a holder that cannot be looked up; true when its beat stood still for as long as a dead one's would. */
export async function isStale(docker: Docker, id: string, clock: Clock): Promise<boolean> {
  const read = () => withRetries('engine', clock, () => readBeat(docker, id));
  const first = await read();
  for (let begun = clock.now(); clock.now() - begun < STALE_AFTER; ) {
    await clock.sleep(BEAT / 3);
    const asked = clock.now();
    if ((await read()) !== first) return false;
    // An engine that kept us waiting may have kept the holder waiting as well.
    if (clock.now() - asked > BEAT) begun = clock.now();
  }
  return true;
}

/** What the client hands out for a HEAD request; its typings leave it open. */
interface Answer {
  readonly headers?: Record<string, string>;
  resume?(): unknown;
}

/** The counter as the engine shows it; changes with each beat, and when the note has gone. */
async function readBeat(docker: Docker, id: string): Promise<string> {
  const shown = (await tolerating([404], () => docker.getContainer(id).infoArchive({ path: `/${FILE}` }))) as
    | Answer
    | undefined;
  // An answer that is not read to its end keeps its connection, and with it the process.
  shown?.resume?.();
  return shown?.headers?.['x-docker-container-path-stat'] ?? 'none';
}
