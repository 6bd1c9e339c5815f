import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { composeProject } from '../../src/engine/compose-project.ts';
import { withVariables } from '../../src/engine/env-file.ts';
import { startProject, type TestProject } from '../support/project.ts';

const request = {
  services: ['api', 'spare', 'cron'],
  single: [],
  jobs: [],
  settings: ['API_IMAGE', 'SPARE_IMAGE', 'CRON_IMAGE'],
  graces: {},
  slots: { blue: ['api'], green: ['spare'] },
  files: [],
};

describe('preflight from another folder than the one from which the containers came', () => {
  let project: TestProject;
  let theirs: string;
  let text: string;
  let folder: string;
  let ours: string;
  const preflight = (envFile = '.env') => composeProject({ directory: folder, envFile }).preflight(request);

  beforeAll(async () => {
    project = await startProject();
    theirs = join(project.directory, '.env');
    text = await readFile(theirs, 'utf8');
    await project.compose('up', '--detach', 'cron');
  });
  afterAll(() => project[Symbol.asyncDispose]());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cutover-checkout-'));
    ours = join(folder, '.env');
    await cp(project.directory, folder, { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    await rm(theirs, { recursive: true, force: true });
    await writeFile(theirs, text);
  });

  it.each([
    ['an image', (name: string) => ({ CRON_IMAGE: `${name}:2` })],
    ['the profile of a slot', () => ({ COMPOSE_PROFILES: 'blue,debug' })],
  ])('warns, with both folders and what to do, where the env files differ in %s', async (_, change) => {
    await writeFile(ours, withVariables(text, change(project.name)));
    expect(await preflight()).toEqual([
      `containers of ${project.name} were created from ${project.directory}, and ${theirs} names other images or profiles than ${ours}: \`docker compose up -d\` in ${project.directory} would start the release that is named there. Deploy from one folder, or keep one env file for all: make .env in each a link to it, or give its absolute path as envFile`,
    ]);
  });

  it('warns where the other env file cannot be read', async () => {
    await rm(theirs);
    await mkdir(theirs);
    expect(await preflight()).toEqual([
      expect.stringContaining(`what ${theirs} names cannot be read (EISDIR`),
    ]);
  });

  it('says nothing of another env file in the same folder, by whatever name that is', async () => {
    const other = join(project.directory, 'other.env');
    await writeFile(other, withVariables(text, { CRON_IMAGE: project.images[1] }));
    await rm(folder, { recursive: true });
    await symlink(project.directory, folder);
    expect(await preflight('other.env')).toEqual([]);
    await rm(other);
    await rm(folder);
    await mkdir(folder);
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ['the env files agree', async () => undefined],
    [
      'they differ in what is not kept by a deployment',
      async () =>
        void (await writeFile(ours, withVariables(text, { COMPOSE_PROFILES: 'green', LEVEL: '1' }))),
    ],
    [
      'a link makes them one',
      async () => {
        await rm(ours);
        await symlink(theirs, ours);
        return undefined;
      },
    ],
    ['envFile is that of the other folder', async () => theirs],
    [
      'the other env file is not there any more',
      async () => {
        await rm(theirs);
        return undefined;
      },
    ],
  ])('says nothing where %s', async (_, arrange) => {
    const envFile = await arrange();
    if (envFile !== undefined) await rm(ours);
    expect(await preflight(envFile)).toEqual([]);
  });
});
