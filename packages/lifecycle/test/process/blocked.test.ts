import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../programs.ts';

const STORMS = {
  'promises, as of a loop over a closed client':
    '(async () => { for (;;) await Promise.reject().catch(() => {}); })()',
  'process.nextTick': 'const again = () => process.nextTick(again); again()',
  'a loop that never ends': 'for (;;);',
};

const program = (storm: string, options = '{ gracePeriod: 300 }') => `
  const { gracefulShutdown } = await import(process.env.LIFECYCLE);
  const shutdown = gracefulShutdown(${options});
  shutdown.add('work', () => { ${storm} });
  setInterval(() => {}, 1000);
  console.log('up');
`;

describe('gracefulShutdown with a blocked event loop', () => {
  it.each(Object.entries(STORMS))('is killed at its deadline in a storm of %s', async (_, storm) => {
    const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const {
      process: child,
      prints,
      output,
      ended,
    } = runProgram(program(storm), { env: { CUTOVER_VERDICT_DIR: folder } });
    await prints('up');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(output()).toMatch(/shutdown forced in 0\.400 s after SIGTERM: event loop cut/);
    expect(JSON.parse(await readFile(join(folder, `${child.pid}.json`), 'utf8'))).toMatchObject({
      pid: child.pid,
      outcome: 'forced',
      reason: { text: 'SIGTERM' },
      steps: [{ name: 'event loop', outcome: 'cut' }],
    });
  });

  it('is killed when the storm begins after the last step', async () => {
    const {
      process: child,
      prints,
      ended,
    } = runProgram(program(`void shutdown.finished.then(() => { ${STORMS['a loop that never ends']} })`));
    await prints('up');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('lets listeners to exit take their time', async () => {
    const {
      process: child,
      prints,
      output,
      ended,
    } = runProgram(
      program(`process.on('exit', () => {
        const end = Date.now() + 600;
        while (Date.now() < end);
        console.log('flushed');
      });`),
    );
    await prints('up');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(output()).toContain('flushed');
  });

  it('lives on with exit: false', async () => {
    const {
      process: child,
      prints,
      ended,
    } = runProgram(
      program(
        'const end = Date.now() + 800; while (Date.now() < end); setTimeout(() => process.exit(7), 10)',
        '{ gracePeriod: 300, exit: false }',
      ),
    );
    await prints('up');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ signal: null });
  });
});
