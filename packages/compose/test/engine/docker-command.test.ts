import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from '@cutover/internal';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runDocker } from '../../src/engine/docker-command.ts';
import { type FakeDocker, fakeDocker } from '../support/fake-docker.ts';

const run = { doing: 'trying', code: 'start-failed', limit: 10_000 } as const;

describe('runDocker', () => {
  let docker: FakeDocker;
  afterEach(() => docker[Symbol.asyncDispose]());

  const pid = () =>
    vi.waitFor(async () => {
      const text = await readFile(join(docker.folder, 'pid'), 'utf8');
      expect(text).toMatch(/^\d+\n$/);
      return Number(text);
    }, 10_000);

  it('hands over output and exit code, and each line as it comes', async () => {
    docker = await fakeDocker({ command: 'echo "one of $1"; echo two >&2; exit 3' });
    const lines: string[] = [];
    const output = await runDocker(['shop'], { ...run, onLine: (line) => lines.push(line) });
    expect(output).toMatchObject({ stdout: 'one of shop', stderr: 'two', error: { exitCode: 3 } });
    expect(lines.sort()).toEqual(['one of shop', 'two']);
  });

  it('waits on while there is a line now and then', async () => {
    docker = await fakeDocker({ command: 'for i in 1 2 3 4 5 6; do sleep 0.3; echo $i; done' });
    expect(await runDocker([], { ...run, limit: 1_500 })).toMatchObject({ error: undefined });
  });

  it('rejects with the reason of its signal once the command has ended', async () => {
    docker = await fakeDocker({ command: 'echo $$ > "$(dirname "$0")/pid"; exec sleep 1000' });
    const controller = new AbortController();
    const running = runDocker([], { ...run, signal: controller.signal });
    const id = await pid();
    controller.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    expect(isAlive(id)).toBe(false);
  });

  it('kills what the command has started and what does not hear SIGTERM', async () => {
    docker = await fakeDocker({
      command: `trap '' TERM; sh -c 'echo $$ > "$1/pid"; sleep 1000; :' sh "$(dirname "$0")"; :`,
    });
    const running = runDocker([], { ...run, limit: 2_000, killAfter: 100 });
    const id = await pid();
    await expect(running).rejects.toMatchObject({ code: 'start-failed' });
    await expect.poll(() => isAlive(id)).toBe(false);
  });
});
