import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { canProvideEngine } from '../../../../scripts/engine/ensure.ts';
import type { DeployError } from '../../src/domain/errors.ts';
import { composeProject } from '../../src/engine/compose-project.ts';
import { startProject, type TestProject } from '../support/project.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';

const request = {
  services: ['cron'],
  single: [],
  jobs: [],
  settings: ['CRON_IMAGE'],
  graces: {},
  slots: {},
  files: [],
};
const { DOCKER_HOST = 'unix:///var/run/docker.sock' } = process.env;
const isPossible = (await canProvideEngine()) && DOCKER_HOST.startsWith('unix://');

describe.skipIf(!isPossible)('an engine over ssh', () => {
  let sshd: Sshd;
  let project: TestProject;
  const preflight = () => composeProject({ directory: project.directory }).preflight(request);

  beforeAll(async () => {
    project = await startProject();
    sshd = await startSshd(DOCKER_HOST.replace('unix://', ''));
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await project?.[Symbol.asyncDispose]();
    await sshd?.[Symbol.asyncDispose]();
  });

  it('is refused, and what the error advises works', async () => {
    vi.stubEnv('DOCKER_HOST', sshd.host);
    const error: DeployError = await preflight().then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining('its address is ssh://127.0.0.1; wanted a socket on this host'),
    });
    const [forward, ...set] = [...error.message.matchAll(/`(.+?)`/g)].map(([, command]) => command);
    await execa('sh', ['-c', forward as string], { env: sshd.env, stdio: 'ignore' });
    const script = `${set.join('\n')}; printenv DOCKER_HOST`;
    const { stdout } = await execa('sh', ['-c', script], { env: sshd.env });
    vi.stubEnv('DOCKER_HOST', stdout);
    await expect(preflight()).resolves.toEqual([]);
  });

  it('is refused as the docker context too', async () => {
    vi.stubEnv('DOCKER_CONFIG', sshd.folder);
    vi.stubEnv('DOCKER_HOST', undefined);
    await execa('docker', ['context', 'create', 'far', '--docker', `host=${sshd.host}`]);
    await execa('docker', ['context', 'use', 'far']);
    await expect(preflight()).rejects.toMatchObject({
      code: 'engine-unreachable',
      message: expect.stringContaining('its address is ssh://127.0.0.1'),
    });
  });
});
