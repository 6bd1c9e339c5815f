import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bundle } from '../programs.ts';

/**
 * A program whose readers of stdout and stderr go away as soon as it is up, as with a killed supervisor or `| head`.
 * Resolves with how it ended.
 */
async function withoutReaders(code: string) {
  const program = `
    const { gracefulShutdown } = await import(process.env.LIFECYCLE);
    const toStderr = (line) => process.stderr.write(line + '\\n');
    ${code}
    setInterval(() => {}, 1000);
    console.log('up');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, LIFECYCLE: bundle },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  const readers = [child.stdout as Readable, child.stderr as Readable];
  await once(readers[0] as Readable, 'data');
  const closed = readers.map((reader) => once(reader.destroy(), 'close'));
  await Promise.all(closed);
  child.send('go');
  return { child, ended };
}

const CLEAN = { code: 0, signal: null };

describe('gracefulShutdown without a reader of stdout and stderr', () => {
  it('goes on when a line cannot be written: that is no reason to end', async () => {
    const { child, ended } = await withoutReaders(`
      gracefulShutdown();
      process.once('message', () => {
        process.stdout.write('lost');
        process.stderr.write('lost');
        setTimeout(() => process.send('alive'), 100);
      });
    `);
    expect((await once(child, 'message'))[0]).toBe('alive');
    child.kill('SIGTERM');
    expect(await ended).toEqual(CLEAN);
  });

  it.each(['console', '{ info: toStderr, warn: toStderr }'])(
    'ends with 1 after an uncaught error, logged by %s',
    async (logger) => {
      const { ended } = await withoutReaders(`
      gracefulShutdown({ logger: ${logger} });
      process.once('message', () => { throw new Error('boom'); });
    `);
      expect(await ended).toEqual({ code: 1, signal: null });
    },
  );

  it('ends at its deadline though a step writes without end, and so lets no timer run', async () => {
    const { child, ended } = await withoutReaders(`
      const shutdown = gracefulShutdown({ gracePeriod: 300, logger: { info: toStderr, warn: toStderr } });
      const write = () => process.stderr.write('line', write);
      shutdown.add('busy', () => new Promise(write));
      process.once('message', () => process.send('heard'));
    `);
    await once(child, 'message');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('ends though a log of the application answers each failed line with another', async () => {
    const { ended } = await withoutReaders(`
      process.on('uncaughtException', (error) => process.stdout.write(String(error)));
      gracefulShutdown({ gracePeriod: 300, logger: { info: toStderr, warn: toStderr } });
      process.once('message', () => { throw new Error('boom'); });
    `);
    expect(await ended).toEqual({ code: 1, signal: null });
  });
});
