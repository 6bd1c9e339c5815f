import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageName, missingImages } from './catalog.ts';
import { debianMirror, inTemporaryFolder, keyring } from './debian.ts';
import { kitFolder } from './paths.ts';
import { type Scene, shell, step } from './step.ts';
import { kitEnvironment, provideDebootstrap } from './tools.ts';

export const standInLabel = 'dev.cutover.stand-in=true';
const localAuthorities = '/usr/local/share/ca-certificates';
const unneeded = [
  'var/cache/apt/*',
  'var/lib/apt/lists/*',
  'var/log/*',
  ...['doc', 'man', 'locale'].map((each) => `usr/share/${each}/*`),
];
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
      const options = ['--force-rm', '--tag', name, '--label', standInLabel, '--build-arg', `SUITE=${suite}`];
      // The builder that every engine has: the newer one wants a client plugin.
      const classic = { ...scene, env: { ...scene.env, DOCKER_BUILDKIT: '0' } };
      await shell(classic)('docker', ['build', ...options, context]);
    }),
  );
}

// The bare system, cut down as the official slim images are, which trusts whom this machine trusts.
async function importDebian(scene: Scene, suite: Suite): Promise<void> {
  const name = `debian:${suite}-slim`;
  await provideDebootstrap(scene);
  await step(scene, `Made a stand-in for ${name}`, () =>
    inTemporaryFolder(async (temporary) => {
      const tree = join(temporary, 'tree');
      await bootstrap(scene, suite, tree);
      await cp(join(recipes, 'debian'), tree, { recursive: true });
      await cp(localAuthorities, tree + localAuthorities, { recursive: true }).catch(() => undefined);
      const archive = join(temporary, 'tree.tar');
      const excluded = unneeded.map((path) => `--exclude=./${path}`);
      await shell(scene)('tar', ['--create', '--file', archive, '--directory', tree, ...excluded, '.']);
      const changes = [`LABEL ${standInLabel}`, 'CMD ["bash"]'].flatMap((change) => ['--change', change]);
      await shell(scene)('docker', ['import', ...changes, archive, name]);
    }),
  );
}

// Its mounts live in a namespace: they go when it is killed, and the removal of the tree never reaches through them.
async function bootstrap(scene: Scene, suite: Suite, tree: string): Promise<void> {
  const share = `${kitFolder('debootstrap')}/usr/share/debootstrap`;
  const env = {
    ...(await kitEnvironment('debootstrap')),
    ...(existsSync(share) && { DEBOOTSTRAP_DIR: share }),
    DPKG_FORCE: 'unsafe-io',
  };
  const isolated = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const options = ['--variant=minbase', `--keyring=${keyring()}`];
  await shell({ ...scene, env })('unshare', [
    ...isolated,
    'debootstrap',
    ...options,
    suite,
    tree,
    await debianMirror(),
  ]);
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
