import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageName, missingImages } from './catalog.ts';
import { debianMirror, inTemporaryFolder, keyring } from './debian.ts';
import { type Scene, shell, step } from './step.ts';
import { kitEnvironment, provideDebootstrap } from './tools.ts';

export const standInLabel = 'dev.cutover.stand-in=true';
const recipes = join(import.meta.dirname, 'images');

type Suite = 'bookworm' | 'trixie';
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
};

/** Builds an image of the official name, interface and major version out of Debian's packages. */
export async function buildStandIn(scene: Scene, name: ImageName): Promise<void> {
  const { suite, recipe, prepare } = standIns[name];
  if ((await missingImages(scene, [`debian:${suite}-slim`])).length) await importDebian(scene, suite);
  if (!recipe) return;
  await step(scene, `Built a stand-in for ${name}`, () =>
    inTemporaryFolder(async (context) => {
      await cp(join(recipes, recipe), context, { recursive: true });
      await prepare?.(scene, context);
      const options = ['--tag', name, '--label', standInLabel, '--build-arg', `SUITE=${suite}`];
      // The builder that every engine has: the newer one wants a client plugin.
      const classic = { ...scene, env: { ...scene.env, DOCKER_BUILDKIT: '0' } };
      await shell(classic)('docker', ['build', ...options, context]);
    }),
  );
}

async function importDebian(scene: Scene, suite: Suite): Promise<void> {
  const folder = await provideDebootstrap(scene);
  await step(scene, `Made a stand-in for debian:${suite}-slim`, () =>
    inTemporaryFolder(async (temporary) => {
      const tree = join(temporary, 'tree');
      const env = {
        ...(await kitEnvironment('debootstrap')),
        DEBOOTSTRAP_DIR: `${folder}/usr/share/debootstrap`,
      };
      // Its mounts live in a namespace, so that they go when it is killed and never reach the removal of the tree.
      await shell({ ...scene, env })('unshare', [
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'debootstrap',
        '--variant=minbase',
        `--keyring=${keyring()}`,
        suite,
        tree,
        await debianMirror(),
      ]);
      const unneeded = [
        'var/cache/apt/*',
        'var/lib/apt/lists/*',
        'usr/share/doc/*',
        'usr/share/man/*',
        'usr/share/locale/*',
        'var/log/*',
      ];
      await shell(scene)('tar', [
        '--create',
        '--file',
        join(temporary, 'tree.tar'),
        '--directory',
        tree,
        ...unneeded.map((each) => `--exclude=./${each}`),
        '.',
      ]);
      const changes = [`LABEL ${standInLabel}`, 'CMD ["bash"]'].flatMap((each) => ['--change', each]);
      await shell(scene)('docker', [
        'import',
        ...changes,
        join(temporary, 'tree.tar'),
        `debian:${suite}-slim`,
      ]);
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
