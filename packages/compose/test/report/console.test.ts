import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { DeployError } from '../../src/domain/errors.ts';
import type { DeployEvent } from '../../src/domain/events.ts';
import { consoleReporter } from '../../src/report/console.ts';
import { deployRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

/** What is printed where there is no terminal. */
function printed(events: readonly DeployEvent[]): string {
  const chunks: string[] = [];
  const report = consoleReporter({ stream: { write: (chunk) => chunks.push(String(chunk)) > 0 } });
  for (const event of events) report(event);
  return chunks.join('');
}

describe('consoleReporter', () => {
  it('tells a deployment in plain lines where there is no terminal', async () => {
    const world = new World();
    await world.run((context) => deployRelease(context, { kind: 'deploy', release: release('2') }));
    const text = printed(world.events);
    expect(text.split('\n').slice(0, 8)).toEqual([
      'Deploying 2 (from api:1): blue → green',
      '  because api_blue: api:1 → api:2',
      '  because cron: api:1 → api:2',
      '  because worker: api:1 → api:2',
      expect.stringMatching(/^ {2}✓ start api_green on api:2 \(\d/),
      expect.stringMatching(/^ {2}✓ prove green \(api_green\)/),
      '    cron: clean after 0.0 s, exit code 0',
      '    worker: clean after 0.0 s, exit code 0',
    ]);
    expect(text).toContain('✓ deployed in');
    expect(text).not.toContain('\u001b');
  });

  it('tells a warning on a line of its own', () => {
    expect(printed([{ type: 'warning', text: 'redis is old' }])).toBe('  warning: redis is old\n');
  });

  /** What is written of a pull of five layers, one a second. */
  function pulled(isTTY: boolean): string {
    vi.useFakeTimers({ toFake: ['performance'] });
    const chunks: string[] = [];
    const report = consoleReporter({ stream: { isTTY, write: (chunk) => chunks.push(String(chunk)) > 0 } });
    for (const done of [0, 1, 2, 3, 4, 5, 6]) {
      report({ type: 'pulling', image: 'api:2', layers: { done, total: done && 7 } });
      vi.advanceTimersByTime(1_000);
    }
    report({ type: 'pulled', image: 'api:2', duration: 7_000 });
    vi.useRealTimers();
    return chunks.join('');
  }

  it('tells of a pull every five seconds where there is no terminal', () => {
    expect(pulled(false).split('\n')).toEqual([
      '  … pulling api:2',
      '  … pulling api:2: 5 of 7 layers',
      '  ✓ pulled api:2 (7.0 s)',
      '',
    ]);
  });

  it('shows the layers of a pull in one passing line on a terminal', () => {
    const text = stripVTControlCharacters(pulled(true));
    expect(text.match(/\r/g)).toHaveLength(8);
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('\r  … pulling api:2: 6 of 7 layers\r  ✓ pulled api:2 (7.0 s)\n');
  });

  it('tells a refusal of the gate in short, with the last output of the container and of its health check', async () => {
    const world = new World();
    world.faults = { neverHealthy: '2' };
    world.engine.tail = async () => ['listening on 3000'];
    world.engine.lastCheck = async () => ({ exitCode: 22, lines: ['curl: (22) 503'] });
    const error = await world
      .run((context) => deployRelease(context, { kind: 'deploy', release: release('2') }))
      .catch((thrown: DeployError) => thrown);
    const lines = printed(world.events).split('\n');
    expect(lines.slice(5, 11)).toEqual([
      '  last output of api_green:',
      '    listening on 3000',
      '  last health check in api_green, exit code 22:',
      '    curl: (22) 503',
      '  ✗ prove green (api_green) (5.0 s): its health check has not passed yet',
      '  going back',
    ]);
    expect(error).toMatchObject({
      message: expect.stringContaining('its health check has not passed yet; wanted 2 good looks'),
      facts: { output: ['listening on 3000'], check: { exitCode: 22, lines: ['curl: (22) 503'] } },
    });
  });

  it('says that a container and its health check printed nothing', () => {
    expect(
      printed([{ type: 'output', container: 'api', lines: [], check: { exitCode: 1, lines: [] } }]),
    ).toBe('  last output of api: nothing\n  last health check in api, exit code 1: nothing\n');
  });
});
