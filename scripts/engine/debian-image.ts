import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { debianMirror, keyring } from './debian.ts';
import { kitFolder } from './paths.ts';
import { type Scene, shell, step } from './step.ts';
import { inTemporaryFolder } from './temporary.ts';
import { kitEnvironment } from './tools.ts';

/** Tells a stand-in from the official image. */
export const standInLabel = 'dev.cutover.stand-in=true';
const localAuthorities = '/usr/local/share/ca-certificates';
const unneeded = [
  'var/cache/apt/*',
  'var/lib/apt/lists/*',
  'var/log/*',
  ...['doc', 'man', 'locale'].map((each) => `usr/share/${each}/*`),
];
/** A folder of files for each image. */
export const recipes = join(import.meta.dirname, 'images');

export const suites = ['bookworm', 'trixie'] as const;
export type Suite = (typeof suites)[number];
/** Makes the bare system, cut down as the official slim images are; it trusts whom this machine trusts. */
export async function importDebian(scene: Scene, suite: Suite): Promise<void> {
  const name = `debian:${suite}-slim`;
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
