import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { debianSuite } from './debian.ts';
import { type Kit, provideKit } from './kit.ts';
import { clientFolder, configFolder, kitFolder } from './paths.ts';
import { EngineError, type Scene } from './step.ts';

const composePlugin = 'cli-plugins/docker-compose';

/** The engine and what it calls; from Debian 13 on the client is a package of its own. */
export async function provideEngineKit(scene: Scene): Promise<string> {
  const suite = await supportedSuite();
  const client = suite === 'bookworm' ? [] : ['docker-cli'];
  const kit: Kit = { name: 'engine', suite, packages: ['docker.io', 'iptables', 'iproute2', ...client] };
  const folder = await provideKit(scene, kit);
  await linkIptables(folder);
  return folder;
}

export const provideDebootstrap = async (scene: Scene): Promise<string> =>
  provideKit(scene, { name: 'debootstrap', suite: await supportedSuite(), packages: ['debootstrap'] });

/** What finds a program that is a Debian package of its name: nothing where the machine has it. */
export async function provideTool(scene: Scene, name: string): Promise<Record<string, string>> {
  if (await runs('which', [name])) return {};
  await provideKit(scene, { name, suite: await supportedSuite(), packages: [name] });
  return kitEnvironment(name);
}

/**
 * What reaches an engine from this machine. A client or Compose of our own is named only where the machine's is missing,
 * whether or not it is there yet.
 */
export async function clientEnvironment(host: string | undefined): Promise<Record<string, string>> {
  const env: Record<string, string> = host ? { DOCKER_HOST: host } : {};
  if (!(await runs('docker', ['--version']))) env.PATH = `${clientFolder}:${process.env.PATH}`;
  // A configuration of ours would hide the contexts of the machine's: it needs an address.
  if (host && !(await hasCompose(env))) env.DOCKER_CONFIG = configFolder;
  return env;
}

/** Whether Compose v2 is there. */
export const hasCompose = (env: Readonly<Record<string, string>>): Promise<boolean> =>
  runs('docker', ['compose', 'version'], env);

/** Provides what the client environment names. bookworm itself has only Compose v1, so its plugin is Debian 13's. */
export async function provideClient(scene: Scene): Promise<void> {
  if (scene.env.PATH) await link(`${await provideEngineKit(scene)}/usr/bin/docker`, `${clientFolder}/docker`);
  if (!scene.env.DOCKER_CONFIG) return;
  const kit = await provideKit(scene, {
    name: 'compose',
    suite: 'trixie',
    packages: ['docker-compose'],
    alone: true,
  });
  await link(`${kit}/usr/libexec/docker/${composePlugin}`, `${configFolder}/${composePlugin}`);
}

/** What finds the unpacked tools, before the machine's own. */
export async function kitEnvironment(name: string): Promise<Record<string, string>> {
  const folder = kitFolder(name);
  const triplet =
    (await readdir(`${folder}/usr/lib`).catch(() => [])).find((each) => each.includes('-linux-gnu')) ?? '';
  const libraries = [`${folder}/usr/lib/${triplet}`, `${folder}/lib/${triplet}`];
  const extensions = `${libraries[0]}/xtables`;
  return {
    PATH: [...binaries.map((each) => folder + each), process.env.PATH, ...binaries].join(':'),
    LD_LIBRARY_PATH: libraries.join(':'),
    ...(existsSync(extensions) && { XTABLES_LIBDIR: extensions }),
  };
}

const binaries = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const runs = async (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<boolean> =>
  (await execa(command, args, { env, reject: false, stdio: 'ignore', timeout: 10_000 })).exitCode === 0;

async function supportedSuite(): Promise<string> {
  const suite = await debianSuite();
  if (suite) return suite;
  throw new EngineError('Docker can only be provided on Debian: this machine runs something else');
}

// Debian makes these names with its alternatives system, which unpacking does not run.
async function linkIptables(folder: string): Promise<void> {
  if (!existsSync(`${folder}/usr/sbin/xtables-nft-multi`)) return;
  const env = await kitEnvironment('engine');
  const variant = (await runs('iptables-nft', ['-t', 'nat', '-S'], env)) ? 'nft' : 'legacy';
  for (const family of ['iptables', 'ip6tables'])
    for (const verb of ['', '-save', '-restore'])
      await link(`xtables-${variant}-multi`, `${folder}/usr/sbin/${family}${verb}`);
}

const link = async (target: string, path: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  if (!existsSync(path)) await symlink(target, path);
};
