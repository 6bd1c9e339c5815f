import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Container } from '../../src/domain/container.ts';
import { composeProject } from '../../src/engine/compose-project.ts';
import { startProject, type TestProject } from '../support/project.ts';

const request = {
  services: ['api', 'cron'],
  single: [],
  jobs: [],
  settings: ['API_IMAGE', 'CRON_IMAGE'],
  graces: {},
  slots: {},
  files: [],
};

describe('what a slot depends on', () => {
  let project: TestProject;
  const engineWith = async (migrate: string, database = '1') => {
    const file = `
services:
  api: { depends_on: { database: { condition: service_started }, migrate: { condition: service_completed_successfully } } }
  database: { image: '${project.images[0]}', init: true, environment: { SIZE: '${database}' }, command: ['sleep', '1000'] }
  migrate: { image: '${migrate}', command: ['echo', 'migrated'] }
`;
    await writeFile(join(project.directory, 'compose.override.yaml'), file);
    return composeProject({ directory: project.directory });
  };
  const containerOf = async (service: string): Promise<Container> => {
    const all = await composeProject({ directory: project.directory }).observe([service]);
    expect(all).toHaveLength(1);
    return all[0] as Container;
  };
  /** The API is created anew, as a deployment does it. */
  const startAnew = async (engine: ReturnType<typeof composeProject>) => {
    for (const { id } of await engine.observe(['api'])) await execa('docker', ['rm', '--force', id]);
    await engine.up([{ service: 'api' }]);
  };

  beforeAll(async () => {
    project = await startProject();
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('is never created anew by a start, also where its configuration has changed', async () => {
    await startAnew(await engineWith(project.images[0]));
    const before = await containerOf('database');
    await startAnew(await engineWith(project.images[0], '2'));
    expect(await containerOf('database')).toEqual(before);
    await project.compose('up', '--detach', 'database');
    expect((await containerOf('database')).id).not.toBe(before.id);
  });

  it('runs again to its end at each start, in the container that is there, and preflight warns of it', async () => {
    await startAnew(await engineWith(project.images[0]));
    const { id } = await containerOf('migrate');
    const runs = async () => (await execa('docker', ['logs', id])).stdout.split('\n').length;
    const before = await runs();
    const same = await engineWith(project.images[0]);
    expect(await same.preflight(request)).toEqual([
      'Compose runs migrate again each time that api is started, also on a way back. To run it once, remove it from depends_on and name it in jobs',
    ]);
    const other = await engineWith(project.images[1]);
    expect(await other.preflight(request)).toEqual([
      `Compose runs migrate again each time that api is started, also on a way back, and on the image ${project.images[0]} that its container was created from instead of ${project.images[1]}: remove that with \`docker compose rm migrate\``,
    ]);
    await startAnew(other);
    expect(await runs()).toBeGreaterThan(before);
    expect((await containerOf('migrate')).id).toBe(id);
  });

  it('is refused where it runs to its end on an image that a deployment sets', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for Compose
    const engine = await engineWith('${API_IMAGE}');
    await expect(engine.preflight(request)).rejects.toMatchObject({
      code: 'compose-invalid',
      message: expect.stringContaining('api waits for migrate to complete, whose image a deployment sets'),
    });
  });
});
