import { describe, expect, it } from 'vitest';
import { runChecks } from '../../src/index.ts';
import { program } from '../helpers/program.ts';

describe('runHealthcheck', () => {
  it('prints a line a check and ends with 0 when all are good', async () => {
    const { code, stdout } = await program(
      `import { runHealthcheck } from '@cutover/healthcheck';
       setInterval(() => {}, 1000);
       await runHealthcheck([{ name: 'a', run: async () => ({ note: 'two\\nlines' }) }, { name: 'b', run: async () => {} }]);`,
    );
    expect(stdout).toMatch(/^ok {3}a \d+ ms: two lines\nok {3}b \d+ ms\n$/);
    expect(code).toBe(0);
  });

  it('ends with 1 when one is bad or too slow', async () => {
    const { code, stdout } = await program(
      `import { runHealthcheck } from '@cutover/healthcheck';
       await runHealthcheck([
         { name: 'a', run: async () => { throw new Error('down: redis://u:pw@host') } },
         { name: 'b', run: () => new Promise(() => {}) },
       ], { timeout: 50 });`,
    );
    expect(stdout).toMatch(
      /^FAIL a \d+ ms: down: redis:\/\/\*\*\*@host\nFAIL b \d+ ms: no answer within 50 ms\n$/,
    );
    expect(code).toBe(1);
  });

  it('prints JSON when asked to', async () => {
    const { stdout } = await program(
      `import { runHealthcheck } from '@cutover/healthcheck';
       await runHealthcheck([{ name: 'a', run: async () => {} }]);`,
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ good: true, checks: [{ name: 'a', good: true }] });
  });

  it('ends with 1 when an option is wrong', async () => {
    const { code } = await program(`import { runHealthcheck } from '@cutover/healthcheck';
       await runHealthcheck([], { timeOut: 1 } as never);`);
    expect(code).toBe(1);
  });
});

describe('runChecks', () => {
  it('runs side by side and ends with its signal', async () => {
    const stop = new AbortController();
    const results = runChecks([{ name: 'a', run: () => new Promise(() => {}) }], { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(results).resolves.toMatchObject([{ name: 'a', good: false, output: 'enough' }]);
  });
});
