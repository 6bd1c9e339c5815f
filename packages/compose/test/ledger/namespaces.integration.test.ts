import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { uniqueName } from '@cutover/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Bundle, bundleScript } from '../support/bundle.ts';
import { removeNotes } from '../support/notes.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const socket = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').slice('unix://'.length);

/** Where a deploying process may run: each of them has process ids of its own. */
const places = {
  'the host': (script: string) => ['node', script],
  'a pid namespace of the host': (script: string) => [
    'unshare',
    '--pid',
    '--fork',
    '--mount-proc',
    'node',
    script,
  ],
  'a container': (script: string) => [
    ...['docker', 'run', '--rm', '--interactive', '--network', 'none', '--hostname', 'ci-job'],
    ...['--volume', `${root}:${root}:ro`, '--volume', `${socket}:${socket}`],
    ...['--env', `DOCKER_HOST=unix://${socket}`, 'node:24-bookworm-slim', 'node', script],
  ],
};
type Place = keyof typeof places;

describe('a lock whose holder and contender cannot look each other up', () => {
  let bundle: Bundle;
  let project: string;

  beforeAll(async () => {
    bundle = await bundleScript(new URL('lock-holder.ts', import.meta.url));
    project = uniqueName('namespaces');
  });
  afterAll(async () => {
    await bundle[Symbol.asyncDispose]();
    await removeNotes(project);
  });

  /** Starts one that wants the lock; what it says, line by line. */
  const want = (place: Place) => {
    const [program, ...args] = places[place](bundle.file) as [string, ...string[]];
    const child = spawn(program, [...args, project], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    onTestFinished(async () => {
      child.stdin.end();
      await ended;
    }, 20_000);
    return {
      says: async () => (await lines.next()).value as string,
      ask: () => child.stdin.write('?\n'),
    };
  };

  it.each<{ holder: Place; contender: Place; host: string }>([
    { holder: 'a container', contender: 'a container', host: 'ci-job' },
    { holder: 'a container', contender: 'the host', host: 'ci-job' },
    { holder: 'the host', contender: 'a container', host: hostname() },
    { holder: 'a pid namespace of the host', contender: 'a pid namespace of the host', host: hostname() },
  ])('stays with the one in $holder when one in $contender wants it', async ({ holder, contender, host }) => {
    const first = want(holder);
    expect(await first.says()).toBe('held');
    const second = want(contender);
    expect(await second.says()).toMatch(
      new RegExp(`^locked: .*process \\d+ on ${host} has held the lock since \\d{4}-.*\\(deploy of 2\\)`),
    );
    first.ask();
    expect(await first.says()).toBe('still held');
  });
});
