import { describe, expect, it } from 'vitest';
import { readSettings } from '../../src/options/options.ts';
import { World } from '../support/world.ts';

const { engine: project, routerPort: router } = new World();
const slots = { blue: { service: 'a', image: 'A' }, green: { service: 'b', image: 'B' } };
const good = { project, router, slots };

describe('readSettings', () => {
  it('fills every default', () => {
    expect(readSettings(good)).toMatchObject({
      layout: { slots: { blue: { services: { app: { service: 'a', image: 'A' } } } }, background: {} },
      policy: {
        gate: { consecutive: 3, stableFor: 10_000, unhealthy: 'fail' },
        watch: { for: 10_000, every: 150 },
      },
    });
  });

  it.each([
    [{ ...good, watch: { for: '10s' } }, "option watch.for: '10s'; wanted milliseconds"],
    [{ ...good, gate: { unhealthy: 'ignore' } }, "option gate.unhealthy: 'ignore'; wanted one of fail, wait"],
    [{ ...good, gate: { timeout: -1 } }, 'option gate.timeout: -1; wanted milliseconds'],
    [
      { ...good, background: { cron: { image: 'C', grace: 1 } } },
      'option background.cron.grace: an option of that name',
    ],
    [{ ...good, slots: { blue: slots.blue } }, 'option slots: 1 of them; wanted two'],
    [{ ...good, router: undefined }, 'option router: nothing; wanted an object'],
    [{ ...good, slots: { ...slots, green: { service: 'b' } } }, 'option slots.green.image: nothing'],
  ])('refuses %#', (options, message) => {
    expect(() => readSettings(options as never)).toThrow(message);
  });
});
