import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const EXAMPLE = join(import.meta.dirname, '..');

export interface ImageOrder {
  readonly name: string;
  readonly version: string;
  /**
   * Built into the image: `never-ready` makes one that starts well and never takes traffic, `fails-some` one that is
   * healthy and fails one call of the API in ten.
   */
  readonly fault?: 'never-ready' | 'fails-some';
  /** A folder of the bundle that this version does not have yet. */
  readonly without?: string;
  /** `name=value`, by which images can be found again. */
  readonly label?: string;
}

/**
 * Builds images of the shop: compiled once, bundled once with its production dependencies by the lock file, and
 * then one layer of its own for each version. The Cutover packages must have been built.
 */
export async function buildImages(orders: readonly ImageOrder[], cancelSignal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ecomweb-bundle-'));
  const bundle = join(folder, 'app');
  try {
    await execa('pnpm', ['exec', 'tsup', '--silent'], { cwd: EXAMPLE, cancelSignal });
    await execa('pnpm', deployArguments(bundle), { cwd: EXAMPLE, cancelSignal });
    for (const order of orders) {
      await writeFile(join(bundle, '.dockerignore'), `.dockerignore\n${order.without ?? ''}\n`);
      await execa('docker', buildArguments(order, bundle), { cancelSignal });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// With the packages injected, `pnpm deploy` copies their dist and installs by the lock file of the workspace.
const deployArguments = (bundle: string) => [
  '--config.inject-workspace-packages=true',
  '--filter=@cutover/example-ecommerce',
  'deploy',
  '--prod',
  '--ignore-scripts',
  bundle,
];

const buildArguments = ({ name, version, fault, label }: ImageOrder, bundle: string) => [
  'build',
  '--quiet',
  `--file=${join(EXAMPLE, 'Dockerfile')}`,
  `--build-arg=VERSION=${version}`,
  `--build-arg=FAULT=${fault ?? ''}`,
  `--tag=${name}`,
  ...(label ? [`--label=${label}`] : []),
  bundle,
];
