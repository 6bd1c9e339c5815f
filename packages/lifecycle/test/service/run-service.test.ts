import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runService } from '../../src/service/run-service.ts';
import { runProgram } from '../programs.ts';
import { serve } from '../serving.ts';

/** An entry point; `node` runs a script given as text. */
const entry = (options: string, more = '') =>
  runProgram(`
    const { runService } = await import(process.env.LIFECYCLE);
    const node = (script) => [process.execPath, '--input-type=module', '-e', script];
    ${more}
    await runService(${options});
  `);

const APP = `const { gracefulShutdown } = await import(process.env.LIFECYCLE);`;

describe('runService', () => {
  it('waits, migrates, starts the command, and ends with its exit code', async () => {
    const program = entry(`{
      waitFor: { name: 'db', run: async () => console.log('1 answered') },
      migrate: node('console.log("2 migrated")'),
      command: node('console.log("3 started"); process.exitCode = 7'),
    }`);
    expect(await program.ended).toEqual({ code: 7, signal: null });
    expect(program.output()).toMatch(
      /1 answered\n2 migrated\n3 started\nservice failed after [\d.]+ s, exit code 7/,
    );
  });

  it('starts nothing when the migration fails', async () => {
    const program = entry(`{ migrate: node('process.exit(5)'), command: node('console.log("it runs")') }`);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output()).toContain('it ended with code 5');
    expect(program.output()).not.toContain('it runs');
  });

  it('ends at once on SIGTERM while it waits, with the code of a process that SIGTERM ended', async () => {
    const program = entry(`{
      waitFor: 'redis://127.0.0.1:1',
      command: node(''),
      onEvent: ({ type }) => console.log(type),
    }`);
    await program.prints('waiting');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 143, signal: null });
  });

  it('does not leave a migration behind that SIGTERM interrupts', async () => {
    const program = entry(`{
      migrate: node('process.on("SIGTERM", () => setTimeout(() => { console.log("rolled back"); process.exit(1); }, 100)); setInterval(() => {}, 1000); console.log("migrating")'),
      command: node(''),
    }`);
    await program.prints('migrating');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 143, signal: null });
    expect(program.output()).toContain('rolled back');
  });

  it.each(['postgres', 'redis', 'rediss'])(
    'ends at once on SIGTERM, and at its limit, while the %s store of the lock accepts and stays silent',
    async (protocol) => {
      const { port, server } = await serve(createServer((socket) => void socket.resume()));
      const options = (timeout: number) => `{
        migrate: { command: node('console.log("it migrates")'), lock: '${protocol}://127.0.0.1:${port}/0', timeout: ${timeout} },
        command: node('console.log("it runs")'),
      }`;
      const connected = once(server, 'connection');
      const stopped = entry(options(60_000));
      await connected;
      stopped.process.kill('SIGTERM');
      expect(await stopped.ended).toEqual({ code: 143, signal: null });
      const late = entry(options(300));
      expect(await late.ended).toEqual({ code: 1, signal: null });
      expect(late.output()).toContain('its lock is not taken after 300 ms');
      for (const { output } of [stopped, late]) expect(output()).not.toMatch(/it migrates|it runs/);
    },
  );

  it('passes a stop signal on once, however often it comes, and reports a clean end', async () => {
    const program = entry(
      `{ command: node(script) }`,
      `
      const script = ${JSON.stringify(`${APP}
        let got = 0;
        process.on('SIGTERM', () => console.log('signal ' + ++got));
        gracefulShutdown().add('slow', () => new Promise((done) => setTimeout(done, 300)));
        setInterval(() => {}, 1000);
        console.log('up');
      `)};`,
    );
    await program.prints('up');
    program.process.kill('SIGTERM');
    await program.prints('signal 1');
    program.process.kill('SIGTERM');
    program.process.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).not.toContain('signal 2');
    expect(program.output()).toMatch(/service clean after [\d.]+ s, exit code 0, \d+ clean/);
  });

  it('passes SIGHUP on without stopping', async () => {
    const program = entry(
      `{ command: node('process.on("SIGHUP", () => { console.log("reloaded"); process.exit(0); }); setInterval(() => {}, 1000); console.log("up")') }`,
    );
    await program.prints('up');
    program.process.kill('SIGHUP');
    await program.prints('reloaded');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('kills what outlives the grace period, and says so', async () => {
    const program = entry(`{
      command: node('process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")'),
      gracePeriod: 200,
    }`);
    await program.prints('up');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 137, signal: null });
    expect(program.output()).toContain('service forced');
  });

  it('does not call an end clean in which a process was killed without a word, as PM2 does', async () => {
    const program = entry(
      `{ command: node(supervisor) }`,
      `
      const app = ${JSON.stringify(`${APP} gracefulShutdown(); setInterval(() => {}, 1000); console.log('up');`)};
      const supervisor = \`
        import { spawn } from 'node:child_process';
        const app = spawn(process.execPath, ['--input-type=module', '-e', \${JSON.stringify(app)}], { stdio: 'inherit' });
        process.on('SIGTERM', () => { app.kill('SIGKILL'); app.on('exit', () => process.exit(0)); });
      \`;`,
    );
    await program.prints('up');
    program.process.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 4, signal: null });
    expect(program.output()).toMatch(/service forced after .* exit code 4, \d+ killed/);
  });

  it('tells the command how long it has', async () => {
    const program = entry(
      `{ command: node('console.log("grace " + process.env.CUTOVER_GRACE_PERIOD)'), gracePeriod: 1234 }`,
    );
    await program.ended;
    expect(program.output()).toContain('grace 1234');
  });

  it('names a command that cannot be started', async () => {
    const program = entry(`{ command: ['no-such-program'] }`);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output()).toContain('starting no-such-program: spawn no-such-program ENOENT');
  });

  it.each([
    [['pm2', 'start', 'api.cjs', '--no-daemon'], 'pm2 start --no-daemon ignores signals'],
    [['npx', 'pm2', 'start', 'api.cjs'], 'pm2 start leaves its daemon behind'],
  ])('refuses %j, which does not pass signals on', async (command, found) => {
    await expect(runService({ command })).rejects.toMatchObject({
      code: 'signals-not-forwarded',
      message: expect.stringContaining(found),
    });
  });

  it.each([
    [{}, 'option command is nothing; wanted a list of the program'],
    [{ command: 'pm2-runtime' }, "option command is 'pm2-runtime'; wanted a list of the program"],
    [{ command: ['true'], gracePeriod: -1 }, 'option gracePeriod is -1'],
    [{ command: ['true'], grace: 1 }, 'option grace is an option of that name'],
    [
      { command: ['true'], migrate: { command: ['true'], cmd: [] } },
      'running a service, migrate: option cmd is an option of that name',
    ],
  ])('refuses %j at the call', async (options, message) => {
    await expect(runService(options as never)).rejects.toThrow(message);
  });
});
