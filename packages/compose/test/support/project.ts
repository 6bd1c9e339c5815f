import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '@cutover/testing';
import { execa } from 'execa';

/** A Compose project of its own on the real engine, in a folder of its own; all of it goes when disposed. */
export interface TestProject extends AsyncDisposable {
  readonly directory: string;
  readonly name: string;
  /** Tags of two images that differ. */
  readonly images: readonly [string, string];
  compose(...args: readonly string[]): Promise<string>;
}

/** Its one service answers SIGTERM at once, or never. */
const service = (variable: string, trap: string) => `
    image: \${${variable}}
    restart: unless-stopped
    environment: { API_TOKEN: hunter22-token }
    command: ['node', '-e', '${trap}; console.log("using hunter22-token"); setInterval(() => {}, 1000)']`;

export async function startProject(): Promise<TestProject> {
  const directory = await mkdtemp(join(tmpdir(), 'cutover-compose-'));
  const name = uniqueName('compose');
  const images = [`${name}:1`, `${name}:2`] as const;
  for (const tag of images) {
    const input = `FROM node:24-bookworm-slim\nLABEL version=${tag}\n`;
    await execa('docker', ['build', '--quiet', '--tag', tag, '-'], { input, env: { DOCKER_BUILDKIT: '0' } });
  }
  await writeFile(
    join(directory, 'compose.yaml'),
    `name: ${name}
services:
  api:${service('API_IMAGE', 'process.on(`SIGTERM`, () => process.exit(0))')}
    profiles: [blue]
  cron:${service('CRON_IMAGE', 'process.on(`SIGTERM`, () => {})')}
  spare:${service('SPARE_IMAGE', '0')}
    profiles: [green]
`,
  );
  await writeFile(
    join(directory, '.env'),
    `# kept\nAPI_IMAGE=${images[0]}\nCRON_IMAGE=${images[0]}\nSPARE_IMAGE=${images[0]}\nCOMPOSE_PROFILES=green,debug\n`,
  );
  const compose = async (...args: readonly string[]) =>
    (await execa('docker', ['compose', ...args], { cwd: directory })).stdout;
  return {
    directory,
    name,
    images,
    compose,
    [Symbol.asyncDispose]: async () => {
      await compose('--profile', '*', 'down', '--timeout', '0', '--volumes').catch(() => {});
      await execa('docker', ['image', 'rm', '--force', ...images], { reject: false });
      await rm(directory, { recursive: true });
    },
  };
}
