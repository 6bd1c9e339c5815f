import { describe, expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { remember } from '../../src/domain/journal.ts';
import type { Situation } from '../../src/domain/situation.ts';
import { nothingSeen } from '../../src/run/run.ts';
import { close } from '../../src/steps/close.ts';
import { intentWith } from '../support/releases.ts';
import { layout } from '../support/world.ts';

/** Both servers are open, in the middle of a switch from blue; the router has not noticed anything yet. */
const halfway = (blue: Partial<Container>, isGreenUp = true): Situation => ({
  layout,
  intent: intentWith(),
  progress: { ...remember([]), ...nothingSeen() },
  router: {
    live: 'blue',
    stored: 'blue',
    slots: {
      blue: { up: true, open: true, sessions: 0 },
      green: { up: isGreenUp, open: true, sessions: 0 },
    },
  },
  containers: [container('api_blue', blue), container('api_green', {})],
});

const container = (service: string, changes: Partial<Container>): Container => ({
  id: service,
  name: service,
  service,
  image: 'sha256:1',
  imageName: 'api:1',
  running: true,
  health: 'healthy',
  startedAt: 'once',
  restarts: 0,
  exitCode: 0,
  addresses: [],
  ...changes,
});

describe('close.next', () => {
  it('closes what is open beside the live slot', () => {
    expect(close.next(halfway({}))).toEqual({ do: 'close', slot: 'green' });
    expect(close.next(halfway({}), 'green')).toBeUndefined();
  });

  it('leaves it open while it takes all the traffic, since the live slot has just failed', () => {
    expect(close.next(halfway({ restarting: true }))).toBeUndefined();
    expect(close.next(halfway({ restarting: true }, false))).toEqual({ do: 'close', slot: 'green' });
  });
});
