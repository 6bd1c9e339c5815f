import { describe, expect, it } from 'vitest';
import { runProgram } from '../programs.ts';

/** A process with Temporal's real runtime, which no server needs, and a drain of its own. */
const program = (runtimeOptions: string) =>
  runProgram(`
    import { Runtime } from '@temporalio/worker';
    const { gracefulShutdown } = await import(process.env.LIFECYCLE);
    Runtime.install(${runtimeOptions});
    console.log('of Temporal: ' + process.listenerCount('SIGTERM'));
    const shutdown = gracefulShutdown();
    shutdown.add('work', () => new Promise((done) => process.once('SIGUSR2', done)));
    shutdown.signal.addEventListener('abort', () => setImmediate(() => console.log('draining')));
    process.on('SIGTERM', () => console.log('heard'));
    setInterval(() => {}, 1000);
    console.log('up');
  `);

describe("gracefulShutdown beside Temporal's runtime", () => {
  it.each([
    ['handed over with shutdownSignals: []', '{ shutdownSignals: [] }', 0],
    ['left to it, which lets go of them after the first', '{}', 1],
  ])('drains through a second signal, with the signals %s', async (_, options, listeners) => {
    const { process: child, prints, output, ended } = program(options);
    await prints('up');
    expect(output()).toContain(`of Temporal: ${listeners}`);
    child.kill('SIGTERM');
    await prints('draining');
    child.kill('SIGTERM');
    await prints('heard\ndraining\nheard');
    child.kill('SIGUSR2');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(output()).toMatch(/shutdown clean in .* after SIGTERM: work/);
  });
});
