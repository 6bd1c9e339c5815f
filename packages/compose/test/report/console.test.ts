import { describe, expect, it } from 'vitest';
import { consoleReporter } from '../../src/report/console.ts';
import { deployRelease } from '../../src/run/deployment.ts';
import { release } from '../support/releases.ts';
import { World } from '../support/world.ts';

describe('consoleReporter', () => {
  it('tells a deployment in plain lines where there is no terminal', async () => {
    const world = new World();
    const chunks: string[] = [];
    const report = consoleReporter({ stream: { write: (chunk) => chunks.push(String(chunk)) > 0 } });
    await world.run((context) => deployRelease(context, { kind: 'deploy', release: release('2') }));
    for (const event of world.events) report(event);
    const text = chunks.join('');
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
});
