import { isAlive, processes } from '@cutover/internal';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServiceOptions } from '../../src/index.ts';
import { type Program, runProgram } from '../programs.ts';
import { wrappedProject, wrapperPath } from './wrapped.ts';

/** An entry point whose command is a wrapper of the app in the folder. */
async function wrapped(options: ServiceOptions): Promise<Program> {
  const settings = JSON.stringify({ cwd: await wrappedProject(), ...options });
  const program = runProgram(
    `const { runService } = await import(process.env.LIFECYCLE);
     const onEvent = ({ type, pid }) => type === 'started' && console.log('session ' + pid);
     await runService({ onEvent, ...${settings} });`,
    { env: { PATH: wrapperPath } },
  );
  onTestFinished(() => killSession(Number(/session (\d+)/.exec(program.output())?.[1])));
  return program;
}

/** What a test that fails has left would keep the streams open. */
function killSession(leader: number): void {
  for (const { pid, session } of processes()) if (session === leader) process.kill(pid, 'SIGKILL');
}

const appOf = (program: Program): number => Number(/serving as (\d+)/.exec(program.output())?.[1]);
const count = (program: Program, text: string): number => program.output().split(text).length - 1;

async function stop(program: Program, signal: NodeJS.Signals = 'SIGTERM') {
  await program.prints('serving as');
  program.process.kill(signal);
  return program.ended;
}

describe('runService with a wrapper as its command', () => {
  it.each([
    ['sh -c', ['sh', '-c', 'true && node app.cjs; true']],
    ['bash -c', ['bash', '-c', 'true && node app.cjs; true']],
    ['sh and a script', ['sh', 'start.sh']],
    ['a script', ['./start.sh']],
    ['npm start', ['npm', 'start']],
    ['npm run of two commands', ['npm', 'run', 'both']],
    ['npx tsx', ['npx', 'tsx', 'app.cjs']],
    ['yarn start', ['yarn', 'start']],
    ['yarn run of two commands', ['yarn', 'run', 'both']],
    ['pnpm run', ['pnpm', 'run', 'start']],
    ['pnpm exec', ['pnpm', 'exec', 'node', 'app.cjs']],
    ['sh -c around npm', ['sh', '-c', 'npm start; true']],
  ])('stops the service under %s: one signal, its whole drain, and its exit code', async (_, command) => {
    const program = await wrapped({ command });
    expect(await stop(program), program.output()).toEqual({ code: 0, signal: null });
    expect(program.output()).toContain('drained');
    expect(program.output()).not.toContain('signal 2');
    expect(program.output()).toMatch(/service clean after/);
  });

  it('signals what a launcher leaves behind that ends at once, and waits for it', async () => {
    const program = await wrapped({ command: ['node', 'launcher.cjs'] });
    expect(await stop(program), program.output()).toEqual({ code: 0, signal: null });
    expect(program.output()).toContain('drained');
  });

  it('stops all that a shell has started in the background', async () => {
    const program = await wrapped({ command: ['sh', '-c', 'node app.cjs & node app.cjs & wait'] });
    await expect.poll(() => count(program, 'serving as')).toBe(2);
    await stop(program);
    expect(count(program, 'drained')).toBe(2);
  });

  it('stops a shell that starts others in a loop, and the last of them', async () => {
    const program = await wrapped({ command: ['sh', '-c', 'while true; do node app.cjs; done'] });
    await stop(program);
    expect(count(program, 'serving as')).toBe(2);
    expect(count(program, 'drained')).toBe(2);
    expect(program.output()).not.toContain('signal 2');
    expect(program.output()).not.toContain('forced');
  });

  it('leaves the reader of a pipe until its writer has ended, so that the last lines are read', async () => {
    const program = await wrapped({ command: ['sh', '-c', 'node app.cjs | node reader.cjs; true'] });
    expect(await stop(program), program.output()).toEqual({ code: 0, signal: null });
    expect(program.output()).toContain('read: drained');
  });

  it('leaves the stop to a shell that traps the signal', async () => {
    const command = ['sh', '-c', 'trap "echo trapped; exit 5" TERM; node app.cjs & wait'];
    const program = await wrapped({ command });
    expect(await stop(program), program.output()).toEqual({ code: 5, signal: null });
    expect(program.output()).toMatch(/trapped[\s\S]*signal 1[\s\S]*drained/);
  });

  it('stops what a command leaves behind that ends by itself', async () => {
    const program = await wrapped({ command: ['node', 'leaver.cjs'] });
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output()).toMatch(/1 process[\s\S]*service clean/);
  });

  it('kills all of it at the end of the grace period, and says so', async () => {
    const program = await wrapped({
      command: ['sh', '-c', 'true && node stubborn.cjs; true'],
      gracePeriod: 300,
    });
    expect(await stop(program), program.output()).toEqual({ code: 137, signal: null });
    expect(program.output()).toContain('service forced');
    expect(isAlive(appOf(program))).toBe(false);
  });

  it('passes other signals on to the service, not to the wrapper', async () => {
    const program = await wrapped({ command: ['npm', 'start'] });
    await program.prints('serving as');
    program.process.kill('SIGHUP');
    await program.prints('reloaded');
    expect(await stop(program), program.output()).toEqual({ code: 0, signal: null });
  });

  it('does the same for a migration', async () => {
    const program = await wrapped({ migrate: ['npx', 'tsx', 'app.cjs'], command: ['true'] });
    expect(await stop(program), program.output()).toEqual({ code: 143, signal: null });
    expect(program.output()).toContain('drained');
  });

  it.each([
    [['npm', 'start'], 'npm ends at once'],
    [['npx', 'tsx', 'app.cjs'], 'npx ends at once'],
    [['yarn', 'start'], 'yarn ends at once'],
    [['pnpm', 'run', 'start'], 'pnpm ends at once'],
    [['sh', '-c', 'true && node app.cjs'], 'sh ends at once'],
  ])('warns about %j, with the fix', async (command, found) => {
    const program = await wrapped({ command });
    await stop(program);
    expect(program.output()).toContain(found);
    expect(program.output()).toMatch(/give the program itself/);
    expect(count(program, 'ends at once')).toBe(1);
  });

  it.each([[['sh', '-c', 'exec node app.cjs']], [['node', 'app.cjs']]])(
    'does not warn about %j',
    async (command) => {
      const program = await wrapped({ command });
      await stop(program);
      expect(program.output()).not.toContain('ends at once');
    },
  );
});
