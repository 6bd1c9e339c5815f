import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageName, missingImages } from './catalog.ts';
import { importDebian, recipes, type Suite, standInLabel, suites } from './debian-image.ts';
import { type Scene, shell, step } from './step.ts';
import { inTemporaryFolder } from './temporary.ts';
import { provideDebootstrap } from './tools.ts';

interface StandIn {
  readonly suite: Suite;
  /** Folder of the Dockerfile; without one the image is the bare Debian tree. */
  readonly recipe?: string;
  /** Puts what Debian does not have into the build context. */
  readonly prepare?: (scene: Scene, context: string) => Promise<void>;
}

const standIns: Record<ImageName, StandIn> = {
  'debian:bookworm-slim': { suite: 'bookworm' },
  'node:24-bookworm-slim': { suite: 'bookworm', recipe: 'node', prepare: fetchNode },
  'postgres:15-bookworm': { suite: 'bookworm', recipe: 'postgres' },
  'redis:7.0-bookworm': { suite: 'bookworm', recipe: 'redis' },
  'haproxy:3.0': { suite: 'trixie', recipe: 'haproxy' },
  'haproxy:2.6': { suite: 'bookworm', recipe: 'haproxy' },
  'mariadb:10.11': { suite: 'bookworm', recipe: 'mariadb' },
  'rabbitmq:3.10': { suite: 'bookworm', recipe: 'rabbitmq' },
  'registry:2': { suite: 'bookworm', recipe: 'registry' },
};

/** Builds images of the official names, interfaces and major versions out of Debian's packages. */
export async function buildStandIns(scene: Scene, names: readonly ImageName[]): Promise<void> {
  await provideDebootstrap(scene);
  const failed = new AbortController();
  const joint = { ...scene, signal: AbortSignal.any([scene.signal, failed.signal]) };
  // Suites share nothing, so they build side by side; each gives the machine's cores something to wait for.
  const builds = suites.map(async (suite) => {
    for (const name of names) if (standIns[name].suite === suite) await buildStandIn(joint, name);
  });
  for (const build of builds) build.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(builds);
  joint.signal.throwIfAborted();
}

async function buildStandIn(scene: Scene, name: ImageName): Promise<void> {
  const { suite, recipe, prepare } = standIns[name];
  if ((await missingImages(scene, [`debian:${suite}-slim`])).length) await importDebian(scene, suite);
  if (!recipe) return;
  await step(scene, `Built a stand-in for ${name}`, () =>
    inTemporaryFolder(async (context) => {
      await cp(join(recipes, recipe), context, { recursive: true });
      await prepare?.(scene, context);
      const options = ['--force-rm', '--tag', name, '--label', standInLabel, '--build-arg', `SUITE=${suite}`];
      // The builder that every engine has: the newer one wants a client plugin.
      const classic = { ...scene, env: { ...scene.env, DOCKER_BUILDKIT: '0' } };
      await shell(classic)('docker', ['build', ...options, context]);
    }),
  );
}

// The registry's own builds of Node, and the npm that belongs to that line.
async function fetchNode(scene: Scene, context: string): Promise<void> {
  const packages = { node: `node-linux-${process.arch}@24`, npm: 'npm@11' };
  for (const [name, wanted] of Object.entries(packages)) {
    const folder = join(context, `${name}-package`);
    await mkdir(folder);
    await shell(scene)('npm', ['pack', '--silent', '--pack-destination', folder, wanted], { cwd: folder });
    const [archive = ''] = await readdir(folder);
    await shell(scene)('tar', ['--extract', '--file', join(folder, archive), '--directory', folder]);
  }
  await rename(join(context, 'node-package/package/bin/node'), join(context, 'node'));
  await rename(join(context, 'npm-package/package'), join(context, 'npm'));
}
