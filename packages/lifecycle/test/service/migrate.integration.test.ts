import { startPostgres, startRedis, type TestServer } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { exclusive } from '../../src/index.ts';
import { MIGRATE_LOCK } from '../../src/service/migrate.ts';
import { type Program, runProgram } from '../programs.ts';

const servers: TestServer[] = [];
beforeAll(async () => {
  servers.push(...(await Promise.all([startPostgres(), startRedis()])));
});
afterAll(() => Promise.all(servers.map((server) => server[Symbol.asyncDispose]())));

/** A starter whose migration runs until it gets SIGUSR2, and whose command ends at once. */
const starter = (lock: string): Program =>
  runProgram(
    `const { runService } = await import(process.env.LIFECYCLE);
     const node = (script) => [process.execPath, '-e', script];
     await runService({
       migrate: {
         command: node("process.on('SIGUSR2', () => { console.log('migrated'); process.exit(0); }); setInterval(() => {}, 1000); console.log('migration ' + process.pid + ' runs')"),
         lock: process.env.LOCK,
       },
       command: node("console.log('the service runs')"),
       onEvent: ({ type }) => type === 'migrating' && console.log('wants to migrate'),
     });`,
    { env: { LOCK: lock } },
  );

/** The process of its migration, which is killed when the test ends. */
async function migrationOf(program: Program): Promise<number> {
  await program.prints('runs');
  const pid = Number(/migration (\d+) runs/.exec(program.output())?.[1]);
  onTestFinished(() => end(pid, 'SIGKILL'));
  return pid;
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

describe.each([
  ['PostgreSQL', 0],
  ['Redis', 1],
] as const)('runService with a lock in %s around its migration', (_, index) => {
  const url = () => (servers[index] as TestServer).url();
  /** Whether nobody migrates. */
  const isFree = () =>
    exclusive(MIGRATE_LOCK, { store: url(), timeout: 0 }, () => true).catch(({ code }) => code);

  it('migrates with one of two starters, while the other waits and then goes on', async () => {
    const first = starter(url());
    const migration = await migrationOf(first);
    const second = starter(url());
    await second.prints('wants to migrate');
    expect(await isFree()).toBe('lock-held');
    expect(second.output()).not.toContain('runs');
    end(migration, 'SIGUSR2');
    // The second runs its own afterwards, which by then finds nothing to do.
    end(await migrationOf(second), 'SIGUSR2');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(await second.ended).toEqual({ code: 0, signal: null });
    for (const { output } of [first, second]) expect(output()).toMatch(/migrated\nthe service runs/);
    expect(await isFree()).toBe(true);
  });

  it('lets the next starter in when the one that migrates is killed', async () => {
    const first = starter(url());
    const migration = await migrationOf(first);
    const second = starter(url());
    await second.prints('wants to migrate');
    first.process.kill('SIGKILL');
    end(migration, 'SIGKILL');
    end(await migrationOf(second), 'SIGUSR2');
    expect(await second.ended).toEqual({ code: 0, signal: null });
    expect(second.output()).toContain('the service runs');
  });
});
