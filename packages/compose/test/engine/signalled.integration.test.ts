import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uniqueName } from '@cutover/testing';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Container, lifeOf } from '../../src/domain/container.ts';
import { listContainers } from '../../src/engine/containers.ts';
import { connectDocker } from '../../src/engine/docker.ts';
import { wasSignalled } from '../../src/engine/signalled.ts';
import { engineLedger } from '../../src/ledger/engine-ledger.ts';
import { type Bundle, bundleScript } from '../support/bundle.ts';
import { removeNotes } from '../support/notes.ts';
import { type Stack, startStack } from '../support/stack.ts';
import type { Moment } from './dying-deployer.ts';

describe('wasSignalled', () => {
  const project = uniqueName('told');
  const created: Docker.Container[] = [];
  let docker: Docker;

  beforeAll(async () => {
    docker = await connectDocker();
  });
  afterAll(async () => {
    await Promise.all(created.map((container) => container.remove({ force: true })));
    await removeNotes(project);
  });

  /** One that hears signals and lives on. */
  const start = async (restart: string): Promise<Docker.Container> => {
    const container = await docker.createContainer({
      name: `${project}-${restart}`,
      Image: 'debian:bookworm-slim',
      Cmd: ['sh', '-c', "trap '' HUP TERM; while :; do sleep 1; done"],
      Labels: {
        'com.docker.compose.project': project,
        'com.docker.compose.service': restart,
        'com.docker.compose.oneoff': 'False',
      },
      HostConfig: { NetworkMode: 'none', RestartPolicy: { Name: restart } },
    });
    created.push(container);
    await container.start();
    return container;
  };
  const look = async (service: string) => (await listContainers(docker, project, [service]))[0] as Container;
  const announce = async (container: Container) => {
    const lock = await engineLedger({ docker: async () => docker, project: async () => project }).acquire(
      'told',
    );
    await lock.append({ type: 'stopping', containers: [lifeOf(container)] });
    await lock.release();
  };

  it('tells by the events who was announced, and who was told', async () => {
    const real = await start('no');
    const container = await look('no');
    const ask = () => wasSignalled(docker, project, container);
    expect(await ask()).toBeUndefined();
    await announce(container);
    expect(await ask()).toEqual({ signalled: false });
    await real.kill({ signal: 'SIGHUP' });
    expect(await ask()).toEqual({ signalled: false });
    await real.update({ RestartPolicy: { Name: 'no' } });
    expect(await ask()).toBeUndefined();
    await real.kill({ signal: 'SIGTERM' });
    expect(await ask()).toMatchObject({ signalled: true, ago: expect.toSatisfy((ago: number) => ago >= 0) });
    await real.restart({ t: 0 });
    const next = await look('no');
    await announce(next);
    expect(await wasSignalled(docker, project, next)).toEqual({ signalled: false });
  });

  it('tells by its restart policy that nobody was told, whatever the events say', async () => {
    const real = await start('unless-stopped');
    const container = await look('unless-stopped');
    expect(await wasSignalled(docker, project, container)).toEqual({ signalled: false });
    await real.update({ RestartPolicy: { Name: 'no' } });
    expect(await wasSignalled(docker, project, container)).toBeUndefined();
  });

  it('knows nothing of a container that is gone', async () => {
    const gone = { id: 'f'.repeat(64), startedAt: '' } as Container;
    expect(await wasSignalled(docker, project, gone)).toBeUndefined();
  });
});

describe('a deployment that is killed while it stops cron and worker', () => {
  const over = new AbortController();
  let stack: Stack;
  let deployer: Bundle;

  beforeAll(async () => {
    deployer = await bundleScript(new URL('dying-deployer.ts', import.meta.url));
    stack = await startStack('map', ['1', '2']);
    const file = join(stack.directory, 'compose.yaml');
    const text = await readFile(file, 'utf8');
    const slow = "console.log('SIGTERM') || setTimeout(() => process.exit(0), 8000)";
    await writeFile(
      file,
      text
        .replaceAll('setTimeout(() => process.exit(0), 200)', slow)
        .replaceAll(/( {2}(?:cron|worker):\n)/g, '$1    stop_grace_period: 600s\n'),
    );
    await stack.compose('up', '--detach');
  });
  afterAll(async () => {
    over.abort();
    await stack?.[Symbol.asyncDispose]();
    await deployer?.[Symbol.asyncDispose]();
  });

  const deploy = (moment: Moment, version: string) =>
    execa('node', [deployer.file, moment, stack.directory, stack.url, stack.image(version)], {
      reject: false,
      cancelSignal: over.signal,
    });

  // Their grace is ten minutes: a run that waited for it would not end within this test.
  it.each<[Moment, string]>([
    ['noted', '2'],
    ['told', '1'],
  ])(
    'sends each of them one SIGTERM when it is run again, and waits for no grace: %s',
    async (moment, version) => {
      const ids = (await stack.compose('ps', '--quiet', 'cron', 'worker')).split('\n');
      const logs = ids.map((id) => execa('docker', ['logs', '--follow', id]));
      expect(await deploy(moment, version)).toMatchObject({ signal: 'SIGKILL' });
      expect(await deploy('never', version)).toMatchObject({ exitCode: 0 });
      expect((await Promise.all(logs)).map(({ stdout }) => stdout)).toEqual(['SIGTERM', 'SIGTERM']);
      const runs = ['cron', 'worker'].map((service) => stack.compose('exec', service, 'printenv', 'VERSION'));
      expect(await Promise.all(runs)).toEqual([version, version]);
    },
    180_000,
  );
});
