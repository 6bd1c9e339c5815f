import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../programs.ts';
import { gate, get } from '../serving.ts';

const prelude = `
  import { createServer } from 'node:http';
  const { gracefulShutdown } = await import(process.env.LIFECYCLE);
`;
/** A server that answers /slow after 300 ms, and prints its port. */
const server = `${prelude}
  const server = createServer((request, response) => {
    if (request.url !== '/slow') return response.end('quick');
    console.log('slow begun');
    setTimeout(() => response.end('slow'), 300);
  });
  const shutdown = gracefulShutdown({ server, lameDuck: 50 });
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port + ' is open'));
`;
const portOf = (output: string) => Number(/port (\d+)/.exec(output)?.[1]);

describe('gracefulShutdown in a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes a request in flight on %s, says so in one line and exits 0',
    async (signal) => {
      const program = runProgram(server);
      await program.prints('is open');
      const answer = get(portOf(program.output()), '/slow');
      await program.prints('slow begun');
      program.process.kill(signal);
      expect((await answer).body).toBe('slow');
      expect(await program.ended).toEqual({ code: 0, signal: null });
      expect(program.output()).toMatch(
        new RegExp(`shutdown clean in [\\d.]+ s after ${signal}: listener .*, server .*\\n`),
      );
    },
  );

  it('exits within 100 ms of the signal when nothing is connected', async () => {
    const program = runProgram(server);
    await program.prints('is open');
    program.process.kill('SIGTERM');
    await program.ended;
    const seconds = Number(/shutdown clean in ([\d.]+) s/.exec(program.output())?.[1]);
    expect(seconds).toBeLessThan(0.1);
  });

  it('exits 0 although a timer, a socket and a never-ending promise are open', async () => {
    const program = runProgram(`${server} setInterval(() => {}, 1000);`);
    await program.prints('is open');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('survives a storm of signals while it drains', async () => {
    const program = runProgram(server);
    await program.prints('is open');
    const answer = get(portOf(program.output()), '/slow');
    await program.prints('slow begun');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGINT'] as const) program.process.kill(signal);
    expect((await answer).body).toBe('slow');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('cuts a hook that never settles at the grace period, with exit code 4', async () => {
    const program = runProgram(`${prelude}
      const shutdown = gracefulShutdown({ gracePeriod: 200 });
      shutdown.add('hung', () => new Promise(() => {}));
      setInterval(() => {}, 1000);
      console.log('up');
    `);
    await program.prints('up');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 4, signal: null });
    expect(program.output()).toMatch(/shutdown forced in 0\.[2-9]/);
  });

  it.each([
    ['an exception', "setTimeout(() => { throw new Error('boom'); });"],
    ['a rejection', "setTimeout(() => Promise.reject(new Error('boom')));"],
  ])('closes everything after %s that nobody caught, shows it and exits 1', async (_, fault) => {
    const program = runProgram(`${prelude}
      const shutdown = gracefulShutdown();
      shutdown.add('database', () => console.log('closed'));
      setInterval(() => {}, 1000);
      ${fault}
    `);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output()).toMatch(/Error: boom\n +at [\s\S]*closed/);
  });

  it('gives signals their default effect back when disposed', async () => {
    const program = runProgram(`${prelude}
      gracefulShutdown().dispose();
      setInterval(() => {}, 1000);
      console.log('up');
    `);
    await program.prints('up');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('does not keep a process alive that has nothing to do', async () => {
    const program = runProgram(`${prelude} gracefulShutdown();`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('does not keep a forked process alive either', async () => {
    const program = runProgram(`${prelude} gracefulShutdown();`, { stdio: 'ipc' });
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it("drains on PM2's shutdown message and when PM2 goes away", async () => {
    const env = { pm_id: '0', PM2_HOME: '/nowhere', kill_timeout: '5000' };
    const end = {
      message: (p: ReturnType<typeof runProgram>) => p.process.send('shutdown'),
      disconnect: (p: ReturnType<typeof runProgram>) => p.process.disconnect(),
    };
    for (const how of ['message', 'disconnect'] as const) {
      const program = runProgram(server, { env, stdio: 'ipc' });
      await program.prints('is open');
      end[how](program);
      expect(await program.ended).toEqual({ code: 0, signal: null });
    }
  });

  it("says ready to PM2, and takes its budget from PM2's kill_timeout", async () => {
    const env = { pm_id: '0', PM2_HOME: '/nowhere', kill_timeout: '700' };
    const program = runProgram(
      `${server} shutdown.add('hung', () => new Promise(() => {})); shutdown.ready();`,
      { env, stdio: 'ipc' },
    );
    const message = gate<unknown>();
    program.process.on('message', message.open);
    expect(await message.opened).toBe('ready');
    program.process.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 4, signal: null });
    expect(program.output()).toMatch(/shutdown forced in 0\.[5-9]/);
  });

  it('leaves running, then its verdict, in a file; a killed process leaves running', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cutover-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const read = async (pid: number | undefined) =>
      JSON.parse(await readFile(join(folder, `${pid}.json`), 'utf8'));
    const programs = [
      runProgram(server, { env: { CUTOVER_VERDICT_DIR: folder } }),
      runProgram(server, { env: { CUTOVER_VERDICT_DIR: folder } }),
    ];
    await Promise.all(programs.map((program) => program.prints('is open')));
    const [drained, killed] = programs as [(typeof programs)[0], (typeof programs)[0]];
    expect(await read(drained.process.pid)).toEqual({ pid: drained.process.pid, outcome: 'running' });
    drained.process.kill('SIGTERM');
    killed.process.kill('SIGKILL');
    await Promise.all([drained.ended, killed.ended]);
    expect(await read(drained.process.pid)).toMatchObject({
      outcome: 'clean',
      exitCode: 0,
      steps: [{}, { name: 'server' }],
    });
    expect(await read(killed.process.pid)).toMatchObject({ outcome: 'running' });
  });

  it('ends a start-up that waits for a database on SIGTERM, cleanly', async () => {
    const program = runProgram(`${prelude}
      const { waitForDatabase } = await import(process.env.LIFECYCLE);
      const shutdown = gracefulShutdown();
      await waitForDatabase('redis://127.0.0.1:1', { signal: shutdown.signal, onAttempt: () => console.log('asked') });
    `);
    await program.prints('asked');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});
